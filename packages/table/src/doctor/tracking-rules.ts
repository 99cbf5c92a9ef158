/** Commands that make the kernel track connections if no rule requires it yet. */
export const TRACKING_RULES: readonly string[] = [
  'nft add table inet track',
  "nft add chain inet track prerouting '{ type filter hook prerouting priority 0; }'",
  'nft add rule inet track prerouting ct state new accept',
];
