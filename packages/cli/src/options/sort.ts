// A separate module, because the bundler includes everything of a package that is imported dynamically.
export { parseSort } from '@conntrack/table';
