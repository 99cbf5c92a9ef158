/** The netlink client in a file of its own, so that only the runs that need it load it. */
export { Conntrack } from '@conntrack/netlink';
