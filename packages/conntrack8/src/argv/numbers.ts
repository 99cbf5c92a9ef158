import { OperationError, ParameterError } from '../errors.js';

/**
 * Parses a number like strtoul(3) with base 0: decimal, `0x` hexadecimal, or octal after a 0. Returns −1 for other
 * text.
 */
export function unsigned(text: string): number {
  if (/^0[xX][\da-fA-F]+$/.test(text)) return Number.parseInt(text.slice(2), 16);
  if (/^0[0-7]*$/.test(text)) return Number.parseInt(text, 8);
  return /^[1-9]\d*$/.test(text) ? Number(text) : -1;
}

const within = (value: number, max: number): boolean => value >= 0 && value <= max;

/** Parses the value of a numeric option. @throws OperationError with the message of conntrack 1.4.9: exit code 1 */
export function optionNumber(text: string, letter: string, max = 0xffffffff): number {
  const value = unsigned(text);
  if (!within(value, max)) throw new OperationError(`unexpected value '${text}' with -${letter} option`);
  return value;
}

/** Parses `VALUE` or `VALUE/MASK`. @throws OperationError */
export function markAndMask(text: string): { mark: number; mask?: number } {
  const slash = text.indexOf('/');
  const mark = unsigned(slash < 0 ? text : text.slice(0, slash));
  const mask = slash < 0 ? undefined : unsigned(text.slice(slash + 1));
  if (!within(mark, 0xffffffff) || (mask !== undefined && !within(mask, 0xffffffff)))
    throw new OperationError(`unexpected value '${text}' with -m option`);
  return mask === undefined ? { mark } : { mark, mask };
}

/**
 * Parses seconds, bytes or a port. conntrack(8) reads `http` as 0 and 65546 as 10; invalid numbers are rejected here.
 *
 * @throws ParameterError
 */
export function decimal(text: string, what: string, max = 0xffffffff): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  if (!within(value, max)) throw new ParameterError(`Invalid ${what} \`${text}'`);
  return value;
}

/** Parses a number in any base of C. @throws ParameterError */
export function anyBase(text: string, what: string, max: number): number {
  const value = unsigned(text);
  if (!within(value, max)) throw new ParameterError(`Invalid ${what} \`${text}'`);
  return value;
}
