// Names of ports as in /etc/services (IANA), limited to those that occur in connection tables. Names are looked up only here, never on the
// system.
const text =
  'ftp-data 20 ftp 21 ssh 22 telnet 23 smtp 25 domain 53 dns 53 bootps 67 bootpc 68 tftp 69 http 80 kerberos 88 pop3 110 sunrpc 111 ntp 123 ' +
  'netbios-ns 137 netbios-dgm 138 netbios-ssn 139 imap 143 snmp 161 snmp-trap 162 bgp 179 ldap 389 https 443 microsoft-ds 445 submissions 465 ' +
  'isakmp 500 syslog 514 submission 587 ipp 631 ldaps 636 domain-s 853 rsync 873 ftps 990 imaps 993 pop3s 995 openvpn 1194 ms-sql-s 1433 l2tp 1701 ' +
  'pptp 1723 radius 1812 radius-acct 1813 mqtt 1883 nfs 2049 etcd-client 2379 etcd-server 2380 mysql 3306 ms-wbt-server 3389 rdp 3389 stun 3478 ' +
  'vxlan 4789 ipsec-nat-t 4500 sip 5060 sips 5061 mdns 5353 postgresql 5432 amqp 5672 vnc 5900 redis 6379 geneve 6081 http-alt 8080 wireguard 51820';

const byName = new Map<string, number>();
const words = text.split(' ');
for (let i = 0; i < words.length; i += 2) byName.set(words[i]!, Number(words[i + 1]));

/** The service names, for completion and suggestions. */
export const SERVICES: readonly string[] = [...byName.keys()];

/** Returns the port of a service name, case-insensitive; `undefined` if this table does not have it. */
export const servicePort = (name: string): number | undefined => byName.get(name.toLowerCase());
