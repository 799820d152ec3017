import type Database from 'better-sqlite3';

/** `PRAGMA application_id` of every store: "watt" in ASCII. */
export const APPLICATION_ID = 0x77617474;

/** Records of one channel that its row ids have room for. */
export const RECORDS_PER_CHANNEL = 2 ** 32;

/** Changes the tables of one version into those of the next; runs within a transaction. */
export type Migration = (db: Database.Database) => void;

/**
 * Migration `i` leads from version `i` to `i + 1`; version 0 is an empty file. One that was released is never changed:
 * test/nonreg/ has a store of each version.
 *
 * Each text has its checksum in front, over all columns that say what it is. The id of a record is
 * `channel * 2^32 + index`, so that a channel's records lie together. `marks` holds numbers of the store itself.
 */
export const MIGRATIONS: readonly Migration[] = [
  (db) =>
    db.exec(`
      CREATE TABLE channels (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE) STRICT;
      CREATE TABLE states (channel INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
      CREATE TABLE monitors (channel INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
      CREATE TABLE actions (
        channel INTEGER NOT NULL,
        id INTEGER NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (channel, id)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE records (id INTEGER PRIMARY KEY, channel INTEGER NOT NULL, about TEXT, text TEXT NOT NULL) STRICT;
      CREATE INDEX records_about ON records (channel, about) WHERE about IS NOT NULL;
      CREATE TABLE events (seq INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
      CREATE TABLE named (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, text TEXT NOT NULL) STRICT;
      CREATE TABLE marks (name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    `),
];
