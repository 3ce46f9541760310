-- One row for every object in every analysed frame. Compact on disk (measured in docs/sql.md): numbers are
-- stored scaled in small integers, and read through the ALIAS columns under their natural names.
CREATE TABLE IF NOT EXISTS sightline.detections
(
    camera LowCardinality(String) COMMENT 'id of the camera',
    ts DateTime64(3, 'UTC') COMMENT 'wall clock of the exposure' CODEC(Delta, ZSTD(1)),
    label LowCardinality(String) COMMENT 'what the model says it is',
    track_id UInt64 COMMENT 'confirmed track, 0 while there is none' CODEC(Delta, ZSTD(1)),
    confidence_u8 UInt8 COMMENT 'confidence times 255' CODEC(ZSTD(1)),
    x_u16 UInt16 COMMENT 'fraction of the frame times 65535' CODEC(Delta, ZSTD(1)),
    y_u16 UInt16 CODEC(Delta, ZSTD(1)),
    w_u16 UInt16 CODEC(Delta, ZSTD(1)),
    h_u16 UInt16 CODEC(Delta, ZSTD(1)),
    model LowCardinality(String) COMMENT 'name@version',
    run LowCardinality(String) COMMENT 'one uninterrupted analysis of the camera',
    seq UInt64 COMMENT 'decoded frame within the run, from 0' CODEC(Delta, ZSTD(1)),
    track Nullable(UInt64) ALIAS nullIf(track_id, 0) COMMENT 'confirmed track, NULL while there is none',
    confidence Float32 ALIAS round(confidence_u8 / 255, 3) COMMENT '0 to 1',
    x Float32 ALIAS round(x_u16 / 65535, 5) COMMENT 'left edge, fraction of the frame width',
    y Float32 ALIAS round(y_u16 / 65535, 5) COMMENT 'top edge, fraction of the frame height',
    w Float32 ALIAS round(w_u16 / 65535, 5) COMMENT 'width, fraction of the frame width',
    h Float32 ALIAS round(h_u16 / 65535, 5) COMMENT 'height, fraction of the frame height'
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(ts)
ORDER BY (camera, toStartOfFiveMinutes(ts), track_id, ts)
TTL toDateTime(ts) + INTERVAL 30 DAY
SETTINGS
    ttl_only_drop_parts = 1,
    -- a batch that is sent again after a crash is recognised by its token (non-replicated tables keep none by default)
    non_replicated_deduplication_window = 1000,
    -- what is acknowledged survives a power loss
    fsync_after_insert = 1,
    fsync_part_directory = 1;
