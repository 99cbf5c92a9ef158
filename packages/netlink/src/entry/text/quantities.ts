import { putDecimal, putTwo } from './digits.js';

const DOT = 46;
/** Below this, a number is written in full. */
const FULL = 10_000;
const UNITS: readonly (readonly [unit: number, letter: number])[] = [
  [1e3, 75],
  [1e6, 77],
  [1e9, 71],
  [1e12, 84],
  [1e15, 80],
];

/** Writes a number for people, rounded down to three digits: `9999`, `12.3K`, `1.20M`; returns the end of the text. */
export function putQuantity(view: DataView, at: number, value: number): number {
  if (value < FULL) return putDecimal(view, at, value);
  let i = 0;
  while (i + 1 < UNITS.length && value >= UNITS[i + 1]![0]) i++;
  const [unit, letter] = UNITS[i]!;
  const whole = Math.floor(value / unit);
  let end = putDecimal(view, at, whole);
  if (whole < 100) {
    view.setInt8(end++, DOT);
    const rest = value - whole * unit;
    end =
      whole < 10
        ? putTwo(view, end, Math.floor(rest / (unit / 100)))
        : putDecimal(view, end, Math.floor(rest / (unit / 10)));
  }
  view.setInt8(end, letter);
  return end + 1;
}

const scratch = new Uint8Array(32);
const scratchView = new DataView(scratch.buffer);
const decoder = new TextDecoder();

/** Returns a number for people, as tables of flows show bytes: `9999`, `12.3K`, `1.20M`. */
export const quantityText = (value: number): string =>
  decoder.decode(scratch.subarray(0, putQuantity(scratchView, 0, value)));

const SECOND = 115;
const STEPS: readonly (readonly [seconds: number, letter: number, below: number, belowLetter: number])[] = [
  [86_400, 100, 3600, 104],
  [3600, 104, 60, 109],
  [60, 109, 1, SECOND],
];

/** Writes whole seconds for people, in the two largest units: `45s`, `2m30s`, `4d23h`; returns the end of the text. */
export function putDuration(view: DataView, at: number, seconds: number): number {
  for (let i = 0; i < STEPS.length; i++) {
    const [unit, letter, below, belowLetter] = STEPS[i]!;
    if (seconds < unit) continue;
    const whole = Math.floor(seconds / unit);
    let end = putDecimal(view, at, whole);
    view.setInt8(end++, letter);
    end = putTwo(view, end, Math.floor((seconds - whole * unit) / below));
    view.setInt8(end, belowLetter);
    return end + 1;
  }
  const end = putDecimal(view, at, seconds);
  view.setInt8(end, SECOND);
  return end + 1;
}
