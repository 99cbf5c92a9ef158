import { parseAddress, stateNumber } from '@conntrack/flow';
import { statusBit } from '@conntrack/flow/codec';
import { z } from '@hono/zod-openapi';

const whole = (maximum: number) => z.number().int().min(0).max(maximum);

/** 16 bits: ports, zones, ICMP identifiers, GRE keys. */
export const u16 = () => whole(0xffff);
/** 8 bits: protocol numbers, ICMP types and codes. */
export const u8 = () => whole(0xff);
/** 32 bits: marks, ids, timeouts. */
export const u32 = () => whole(0xffffffff);
/** A count: up to 2^53 − 1, which JSON numbers represent exactly. */
export const counter = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** An IPv4 or IPv6 address. */
export const address = z
  .string()
  .max(45)
  .refine(text => parseAddress(text) !== undefined, 'must be an IPv4 or IPv6 address')
  .openapi({ example: '192.0.2.10' });

/** The name of a status bit, in upper or lower case. */
export const statusName = z
  .string()
  .max(20)
  .refine(text => statusBit(text) !== 0, { message: 'unknown status bit. Use a name like ASSURED or SEEN_REPLY' })
  .openapi({ example: 'ASSURED' });

/** The bit number of a connection label. */
export const label = z.number().int().min(0).max(127);

/** The name of a TCP, SCTP or DCCP state. */
export const state = z
  .string()
  .max(30)
  .refine(
    text => [6, 33, 132].some(protonum => stateNumber(protonum, text) >= 0),
    'must be the name of a TCP, SCTP or DCCP state, such as ESTABLISHED',
  )
  .openapi({ example: 'ESTABLISHED' });
