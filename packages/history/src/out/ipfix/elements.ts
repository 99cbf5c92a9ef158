/** Information Element of RFC 5103 with this enterprise number: the value of the reverse direction. */
const REVERSE = 29305;
/** Private enterprise number of the netfilter project (IANA Private Enterprise Numbers). */
const NETFILTER = 21373;

/** One Information Element as this exporter writes it. */
export interface Element {
  /** Name in the IANA IPFIX registry. */
  readonly name: string;
  /** Element number in the IANA IPFIX registry, or in that of `enterprise`. */
  readonly id: number;
  /** Length in bytes on the wire. Shorter than the type where RFC 7011, 6.2 allows it. */
  readonly length: number;
  /** Enterprise number, for elements that IANA does not assign. */
  readonly enterprise?: number;
}

/**
 * The Information Elements that the exporter can send. Source of the numbers: the IANA registry "IP Flow Information Export (IPFIX)
 * Entities", with the RFC or the unit where it is not obvious.
 */
export const ELEMENTS = {
  octetDeltaCount: { name: 'octetDeltaCount', id: 1, length: 8 },
  packetDeltaCount: { name: 'packetDeltaCount', id: 2, length: 8 },
  protocolIdentifier: { name: 'protocolIdentifier', id: 4, length: 1 },
  sourceTransportPort: { name: 'sourceTransportPort', id: 7, length: 2 },
  sourceIPv4Address: { name: 'sourceIPv4Address', id: 8, length: 4 },
  destinationTransportPort: { name: 'destinationTransportPort', id: 11, length: 2 },
  destinationIPv4Address: { name: 'destinationIPv4Address', id: 12, length: 4 },
  sourceIPv6Address: { name: 'sourceIPv6Address', id: 27, length: 16 },
  destinationIPv6Address: { name: 'destinationIPv6Address', id: 28, length: 16 },
  /** Type times 256 plus code. Collectors know it from NetFlow 9; nfcapd 1.7 misreads the separate elements 176 to 179. */
  icmpTypeCodeIPv4: { name: 'icmpTypeCodeIPv4', id: 32, length: 2 },
  exportedMessageTotalCount: { name: 'exportedMessageTotalCount', id: 41, length: 8 },
  exportedFlowRecordTotalCount: { name: 'exportedFlowRecordTotalCount', id: 42, length: 8 },
  /** RFC 5102, 5.11.3: 1 idle timeout, 2 active timeout, 3 end of flow detected, 4 forced end, 5 lack of resources. */
  flowEndReason: { name: 'flowEndReason', id: 136, length: 1 },
  icmpTypeCodeIPv6: { name: 'icmpTypeCodeIPv6', id: 139, length: 2 },
  exportingProcessId: { name: 'exportingProcessId', id: 144, length: 4 },
  /** The kernel's CTA_ID. unsigned64 by type, of which four bytes are used (RFC 7011, 6.2). */
  flowId: { name: 'flowId', id: 148, length: 4 },
  /** Milliseconds since 1970. */
  flowStartMilliseconds: { name: 'flowStartMilliseconds', id: 152, length: 8 },
  /** Milliseconds since 1970. */
  flowEndMilliseconds: { name: 'flowEndMilliseconds', id: 153, length: 8 },
  notSentFlowTotalCount: { name: 'notSentFlowTotalCount', id: 166, length: 8 },
  postNATSourceIPv4Address: { name: 'postNATSourceIPv4Address', id: 225, length: 4 },
  postNATDestinationIPv4Address: { name: 'postNATDestinationIPv4Address', id: 226, length: 4 },
  postNAPTSourceTransportPort: { name: 'postNAPTSourceTransportPort', id: 227, length: 2 },
  postNAPTDestinationTransportPort: { name: 'postNAPTDestinationTransportPort', id: 228, length: 2 },
  /** 1 private, 2 public: where the session was opened. */
  natOriginatingAddressRealm: { name: 'natOriginatingAddressRealm', id: 229, length: 1 },
  /** RFC 8158, 4.3: see `NAT_EVENT`. */
  natEvent: { name: 'natEvent', id: 230, length: 1 },
  ingressVRFID: { name: 'ingressVRFID', id: 234, length: 4 },
  egressVRFID: { name: 'egressVRFID', id: 235, length: 4 },
  postNATSourceIPv6Address: { name: 'postNATSourceIPv6Address', id: 281, length: 16 },
  postNATDestinationIPv6Address: { name: 'postNATDestinationIPv6Address', id: 282, length: 16 },
  /** Milliseconds since 1970. */
  observationTimeMilliseconds: { name: 'observationTimeMilliseconds', id: 323, length: 8 },
  /** Bytes of the reply direction (RFC 5103, 6.1). */
  reverseOctetDeltaCount: { name: 'reverseOctetDeltaCount', id: 1, length: 8, enterprise: REVERSE },
  /** Packets of the reply direction. */
  reversePacketDeltaCount: { name: 'reversePacketDeltaCount', id: 2, length: 8, enterprise: REVERSE },
  /** The connection mark. IANA has no element for it; this one is the netfilter project's, which ulogd uses too. */
  mark: { name: 'mark', id: 4, length: 4, enterprise: NETFILTER },
} as const satisfies Record<string, Element>;

/**
 * Values of natEvent (RFC 8158, 4.3). There are none for IPv6 to IPv6, which the kernel translates too: such sessions have the numbers that
 * name no address family.
 */
export const NAT_EVENT = {
  create: 1,
  delete: 2,
  nat44Create: 4,
  nat44Delete: 5,
} as const;

/** Values of flowEndReason. */
export const END_REASON = { idle: 1, detected: 3, forced: 4 } as const;
