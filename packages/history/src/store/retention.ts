import type { HistoryFiles, SealedFile } from './files.js';

const DAY = 86_400_000;

/** How long, and how much at most, is kept. Both must be given: recorded connections are personal data. */
export interface Retention {
  /** Days after which rows are deleted, by the end of their file. */
  readonly days: number;
  /** Maximum size of the folder in bytes. The oldest files are deleted first. */
  readonly bytes: number;
}

/** Returns the files to delete now. */
export function expired({ sealed, journal }: HistoryFiles, { days, bytes }: Retention, now: number): SealedFile[] {
  const oldest = [...sealed].sort((a, b) => a.maxTime - b.maxTime);
  let total = [...sealed, ...journal].reduce((sum, file) => sum + file.bytes, 0);
  return oldest.filter(file => {
    if (file.maxTime >= now - days * DAY && total <= bytes) return false;
    total -= file.bytes;
    return true;
  });
}
