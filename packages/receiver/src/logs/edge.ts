// An edge sends the log records that it sealed, each under a scope that says so in one attribute:
// where it has the record, of whom it had it, and what it took out (FORMAT.md, 6.6). That is its
// word, and sealed as such; who may send is asked of it as of anybody. See
// forward/core-logs.test.ts.
import { type EdgeWord, isEdgeWord } from '@grantlog/ledger'
import {
  edgeAttribute,
  isObject,
  type JsonValue,
  type LogRecord,
  type LogScope,
  readJcs,
  RecordError,
  textOf,
  utf8,
} from '@grantlog/record'

/** What an edge says of one log record. */
export interface EdgeSaid {
  readonly word: EdgeWord
  /** Where it took something out: places as in a canonical form. */
  readonly redacted: readonly string[]
}

/** Null when nobody said anything, or nothing that can be read: then it is like any attribute. */
export function saidOf(scope: LogScope | undefined): EdgeSaid | null {
  const text = textOf(scope?.attributes[edgeAttribute])
  const json = text === undefined ? null : jsonIn(text)
  if (!isObject(json) || Object.keys(json).join() !== 'redacted,word') return null
  const { redacted, word } = json
  return isEdgeWord(word) && arePlaces(redacted) ? { word, redacted } : null
}

/** The record as the edge had it. */
export function withoutSaid(log: LogRecord): LogRecord {
  const { [edgeAttribute]: _, ...attributes } = log.scope.attributes
  return { ...log, scope: { ...log.scope, attributes } }
}

const place = /^(body|eventName|severityText|(attributes|resource|scope)\..*)$/s

function arePlaces(json: JsonValue | undefined): json is string[] {
  return Array.isArray(json) && json.every((each) => typeof each === 'string' && place.test(each))
}

function jsonIn(text: string): JsonValue {
  try {
    return readJcs(utf8(text), 'RECORD_MALFORMED', 'word of an edge')
  } catch (error) {
    if (error instanceof RecordError) return null
    throw error
  }
}
