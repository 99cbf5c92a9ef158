-- The table for clickhouse.yaml. Rows are found by public address and port, and by inside host.
CREATE DATABASE IF NOT EXISTS conntrack;

CREATE TABLE IF NOT EXISTS conntrack.flows
(
    time          DateTime64(6, 'UTC'),
    type          LowCardinality(String),
    host          LowCardinality(String),
    protocol      LowCardinality(String),
    src           String,
    dst           String,
    sport         Nullable(UInt16),
    dport         Nullable(UInt16),
    reply_src     String,
    reply_dst     String,
    reply_sport   Nullable(UInt16),
    reply_dport   Nullable(UInt16),
    orig_packets  Nullable(UInt64),
    orig_bytes    Nullable(UInt64),
    reply_packets Nullable(UInt64),
    reply_bytes   Nullable(UInt64),
    start         Nullable(DateTime64(9, 'UTC')),
    mark          Nullable(UInt32),
    zone          Nullable(UInt16),
    INDEX inside src TYPE bloom_filter GRANULARITY 4
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (reply_dst, time)
TTL toDateTime(time) + INTERVAL 180 DAY;

-- Who had the public address 203.0.113.1 and port 61234 at 14:03?
-- SELECT time, type, src, sport FROM conntrack.flows
-- WHERE reply_dst = '203.0.113.1' AND reply_dport = 61234
--   AND time > '2026-11-30 13:58:00' AND coalesce(start, time) < '2026-11-30 14:08:00'
-- ORDER BY time;
