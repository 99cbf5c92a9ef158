/** Texts that follow the options in the help. */
export const FILTER_NOTES = `
A filter is a query string or an expression:
  ctctl list 'proto=tcp&state=ESTABLISHED'
  ctctl list 'proto == tcp and dport in {80, 443} and not src in 10.0.0.0/8'`;

export const EXIT_NOTES = `
Exit codes:
  0  success
  1  the operation failed
  2  the command line, a filter or a capture is invalid
  3  nothing was found to get, update or delete`;
