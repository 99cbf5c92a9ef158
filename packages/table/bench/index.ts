// All benchmarks of this package, one after the other: each waits at its top level, which modules imported side by side would do together.
await import('./lists.js');
await import('./plan.js');

export {};
