import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEM_TYPE, Problem, problemBody } from '../http/problem/problems.js';

/** The problem for an error of Node's HTTP parser. Such requests do not reach a route. */
function problemOfParser(error: NodeJS.ErrnoException): Problem {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(
        'headers-too-large',
        'the URL and headers are too long. Shorten the filter, or use POST /conntrack/search',
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request-timeout', 'the request did not arrive in time');
    default:
      return new Problem('request-malformed', 'this is not a valid HTTP request');
  }
}

/** Handles the server's `clientError` event. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex, basePath: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  answerByHand(socket, problemOfParser(error), basePath);
}

/** Writes a complete response and closes the connection, for requests that do not reach a route. */
export function answerByHand(socket: Duplex, problem: Problem, basePath: string): void {
  const body = `${JSON.stringify(problemBody(problem, undefined, basePath))}\n`;
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\ncontent-type: ${PROBLEM_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
