// The tables of the keystore. See keystore.test.ts.
import type { OpenDatabase } from './database.ts'

/** Counts the keys that were destroyed, whoever does it: who reads beside need not forget more. */
const goneSchema = `
  CREATE TABLE gone (count INTEGER NOT NULL) STRICT;
  INSERT INTO gone VALUES (0);
  CREATE TRIGGER key_gone AFTER DELETE ON key BEGIN UPDATE gone SET count = count + 1; END;
`
/** Gives a row where that is so; an earlier version did not count. */
export const countsGone = "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = 'key_gone'"

export const schema: string = `
  CREATE TABLE kek (epoch INTEGER PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;
  CREATE TABLE key (
    id BLOB PRIMARY KEY, kind TEXT NOT NULL, name TEXT, epoch INTEGER NOT NULL,
    wrapped BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX key_by_name ON key (kind, name);
  CREATE TABLE identity (digest BLOB PRIMARY KEY, key BLOB NOT NULL) STRICT;
  CREATE TABLE linked (key BLOB PRIMARY KEY, subject BLOB NOT NULL) STRICT;
  ${goneSchema}
`

/** A keystore of an earlier version does not count them. On a full disk it may stay so. */
export function countGone({ db }: OpenDatabase): void {
  if (db.prepare(countsGone).get() !== undefined) return
  try {
    db.exec(`BEGIN IMMEDIATE; ${goneSchema} COMMIT`)
  } catch {
    if (db.isTransaction) db.exec('ROLLBACK')
  }
}
