// The quick reader and the strict one give the same, and what is no record is one for neither.
import { expect, test } from '@jest/globals'
import type { FrameEntry } from '@grantlog/ledger'
import { life, others } from '../../test/processes.ts'
import { framesOf, spanOf } from '../../test/producer.ts'
import { recordAt } from '../records.ts'
import { quickRecord } from './quick-record.ts'

const told = [
  ...life,
  ...others,
  {
    ...{ at: 3, action: 'oauth.token', outcome: 'denied' },
    attributes: {
      'oauth.client.id': '\u0000"\\\u202e😀 é',
      'oauth.token.expires_in': -(2n ** 63n),
      'oauth.refresh.rotated': false,
      'user.id': 'alice',
      'client.address': '::1',
    },
  },
]
const entries = framesOf(told.map(spanOf), 'configured').flatMap((frame) => frame.entries)

function storedAs(entry: FrameEntry, canonical: string): FrameEntry {
  return { ...entry, stored: { ...entry.stored, canonical: Buffer.from(canonical) } as never }
}

test.each(entries.map((entry, n) => [n, entry] as const))('entry %i', (_, entry) => {
  const strict = recordAt(entry)
  const quick = quickRecord(entry)
  if (strict === null) expect(quick).toBeNull()
  else {
    const { endTimeUnixNano, startTimeUnixNano, traceId } = strict.view
    expect(quick?.view).toEqual({ endTimeUnixNano, startTimeUnixNano, traceId })
    expect(new Map(quick?.attributes)).toEqual(new Map(strict.attributes))
    expect([quick?.index, quick?.leaf]).toEqual([strict.index, strict.leaf])
  }
})

test.each(['', '{}', 'null', '[]', '{"attributes":{"x":{"stringValue":"y"}},"traceId":"a"}'])(
  'what is no record is an error of the strict reader: %s',
  (text) => {
    const entry = storedAs(entries.at(-1)!, text)
    expect(() => quickRecord(entry)).toThrow(expect.objectContaining({ name: 'RecordError' }))
  },
)
