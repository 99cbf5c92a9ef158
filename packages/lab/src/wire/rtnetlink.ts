import type { Family } from '@conntrack/flow';
import { AF_INET, AF_INET6, familyNumber } from '@conntrack/flow/codec';
import { NLM_F_CREATE, NLM_F_EXCL } from '@conntrack/netlink/raw';
import { addressBytes } from '../sockaddr.js';
import { concat, text, u8, u16, u32 } from './bytes.js';
import { type Attribute, encodeAttributes, encodeMessage, type Step } from './message.js';

/** linux/netlink.h */
export const NETLINK_ROUTE = 0;

// linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h, linux/veth.h
/** A link: in a request to create one, or in an answer about one. */
export const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_NEWROUTE = 24;
const IFLA_IFNAME = 3;
const IFLA_LINKINFO = 18;
const IFLA_NET_NS_FD = 28;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;
const IFF_UP = 1;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_F_NODAD = 2;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RT_TABLE_MAIN = 254;
const RTPROT_STATIC = 4;
const RTN_UNICAST = 1;

/** Index of the loopback device: the first in every namespace. */
export const LOOPBACK = 1;

/** ifinfomsg: family, type, index, flags, and the mask of flags to change. */
const ifinfomsg = (index: number, flags: number): Uint8Array =>
  concat([u8(0), u8(0), u16(0), u32(index), u32(flags), u32(flags)]);

/** One end of a veth pair. The lab chooses the indices itself, so that it need not ask for them (Linux 3.7). */
export interface VethEnd {
  name: string;
  index: number;
}

/** Creates a veth pair: `near` in the namespace of the socket, `far` in the namespace of a file descriptor. Both are down. */
export const createVeth = (near: VethEnd, far: VethEnd, farNetns: number): Step => ({
  name: `create the link ${near.name}–${far.name} (veth)`,
  message: encodeMessage(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg(near.index, 0), [
    [IFLA_IFNAME, text(near.name)],
    [
      IFLA_LINKINFO,
      [
        [IFLA_INFO_KIND, text('veth')],
        [
          IFLA_INFO_DATA,
          [
            [
              VETH_INFO_PEER,
              concat([
                ifinfomsg(far.index, 0),
                encodeAttributes([
                  [IFLA_IFNAME, text(far.name)],
                  [IFLA_NET_NS_FD, u32(farNetns)],
                ]),
              ]),
            ],
          ],
        ],
      ],
    ],
  ]),
});

/** Sets a link up. */
export const linkUp = (index: number): Step => ({
  name: `set the link ${index} up`,
  message: encodeMessage(RTM_NEWLINK, 0, ifinfomsg(index, IFF_UP)),
});

/** Requests the state of a link. */
export const linkState = (index: number): Step => ({
  name: `wait for the link ${index}`,
  message: encodeMessage(RTM_GETLINK, 0, ifinfomsg(index, 0)),
});

/** Adds an address. An IPv6 address is usable at once, without duplicate address detection. */
export function addAddress(index: number, family: Family, address: string, prefixLength: number): Step {
  const bytes = addressBytes(address);
  const flags = family === 'ipv6' ? IFA_F_NODAD : 0;
  return {
    name: `add the address ${address}/${prefixLength}`,
    // ifaddrmsg: family, prefix length, flags, scope (universe), index
    message: encodeMessage(
      RTM_NEWADDR,
      NLM_F_CREATE | NLM_F_EXCL,
      concat([u8(familyNumber(family)), u8(prefixLength), u8(flags), u8(0), u32(index)]),
      [
        [IFA_LOCAL, bytes],
        [IFA_ADDRESS, bytes],
      ],
    ),
  };
}

/** Adds the default route of a family. */
export const addDefaultRoute = (index: number, family: Family, gateway: string): Step => {
  const attributes: Attribute[] = [
    [RTA_OIF, u32(index)],
    [RTA_GATEWAY, addressBytes(gateway)],
  ];
  return {
    name: `add the default route by ${gateway}`,
    // rtmsg: family, lengths of destination and source, TOS, table, protocol, scope (universe), type, flags
    message: encodeMessage(
      RTM_NEWROUTE,
      NLM_F_CREATE | NLM_F_EXCL,
      concat([
        Uint8Array.of(family === 'ipv4' ? AF_INET : AF_INET6, 0, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, 0, RTN_UNICAST),
        u32(0),
      ]),
      attributes,
    ),
  };
};
