// A name of its own: of a package that is loaded when it is needed, the bundler keeps everything; of this, what it names.
export { openTable } from '@conntrack/table';
