// All benchmarks of this package, one after the other.
await import('./lists.js');
await import('./plan.js');
export {};
