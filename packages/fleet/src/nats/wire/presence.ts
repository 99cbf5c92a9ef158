import { jsonObject } from './frames.js';

/** What a node tells about itself every few seconds. */
export interface Announcement {
  /** `joining`: about to begin, unless another host has this name. `leaving`: stops now. */
  readonly state: 'joining' | 'up' | 'leaving';
  /** A random text, new with each start. */
  readonly instance: string;
  /** The wall clock at the start and now, in milliseconds since 1970. */
  readonly started: number;
  readonly time: number;
  /** The node's monotonic clock in milliseconds. */
  readonly clock: number;
  /** Milliseconds until the next announcement. */
  readonly interval: number;
  readonly tags: readonly string[];
  readonly version: string;
  /** Facts about the node's table. */
  readonly capabilities: Readonly<Record<string, unknown>>;
}

const STATES: readonly unknown[] = ['joining', 'up', 'leaving'];

/** Reads an announcement. `undefined` for anything else. */
export function readAnnouncement(message: Uint8Array): Announcement | undefined {
  const value = jsonObject(message);
  if (value === undefined) return undefined;
  const { state, instance, started, time, clock, interval, tags, version, capabilities } = value;
  const fits =
    STATES.includes(state) &&
    [instance, version].every(each => typeof each === 'string') &&
    [started, time, clock, interval].every(each => typeof each === 'number' && Number.isFinite(each)) &&
    (interval as number) > 0 &&
    Array.isArray(tags) &&
    tags.every(each => typeof each === 'string') &&
    typeof capabilities === 'object' &&
    capabilities !== null;
  return fits ? (value as unknown as Announcement) : undefined;
}
