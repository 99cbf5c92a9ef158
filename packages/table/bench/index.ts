// Runs all benchmarks of this package one after the other. Each has a top-level await; static imports would run them concurrently.
await import('./lists.js');
await import('./plan.js');

export {};
