// A separate module, because the bundler includes everything of a package that is imported dynamically. From this
// module it includes one export.
export { openTable } from '@conntrack/table';
