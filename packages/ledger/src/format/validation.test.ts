import { describe, expect, test } from '@jest/globals'
import { decodeValidation, encodeValidation, type Validation } from './validation.ts'

const digest = 'A'.repeat(43)
const validation: Validation = {
  from: 1_795_467_000_000,
  inputs: [{ bytes: 512, digest }],
  lines: {
    all: 5,
    ignored: 0,
    malformed: 0,
    matched: 4,
    noRecord: 1,
    notAudited: 0,
    unknown: 0,
    withoutLine: 0,
  },
  madeAt: 1_795_470_600_000,
  report: digest,
  requests: { counted: 5, records: 4 },
  service: 'api',
  streams: { all: 1, differing: 0, dropped: 0, emitted: 6, sealed: 6 },
  until: 1_795_470_600_000,
  verdict: 'differs',
}

test('a validation reads back as it was written, with an access log and without', () => {
  const without = { ...validation, inputs: [], lines: null, service: '' }
  for (const one of [validation, without]) {
    expect(decodeValidation(encodeValidation(one))).toEqual(one)
  }
})

describe('a content that is not of the format is refused', () => {
  const text = new TextDecoder().decode(encodeValidation(validation))
  test.each([
    ['white space', `${text} `],
    ['a member more', text.replace('"from"', '"example":"/reset/secret","from"')],
    ['a member less', text.replace(/"madeAt":\d+,/, '')],
    ['a line told', text.replace('"noRecord":1', '"noRecord":"/reset/secret"')],
    ['a negative number', text.replace('"emitted":6', '"emitted":-6')],
    ['a fraction', text.replace('"emitted":6', '"emitted":6.5')],
    ['a period that ends before it begins', text.replace('"until":1', '"until":')],
    ['another verdict', text.replace('"differs"', '"fine"')],
    ['a short digest', text.replace(digest, 'AAAA')],
    ['a line break in the service', text.replace('"api"', '"a\\npi"')],
    ['too many inputs', encode(Array.from({ length: 257 }, () => ({ bytes: 1, digest })))],
    ['more than 32 KiB', `${text}${' '.repeat(32_768)}`],
  ])('%s', (_what, changed) => {
    expect(() => decodeValidation(new TextEncoder().encode(changed))).toThrow(
      expect.objectContaining({ code: 'LEDGER_FORMAT' }),
    )
  })

  test('as many inputs as may be are not', () => {
    const inputs = encode(Array.from({ length: 256 }, () => ({ bytes: 1, digest })))
    expect(decodeValidation(new TextEncoder().encode(inputs)).inputs).toHaveLength(256)
  })
})

function encode(inputs: Validation['inputs']): string {
  return new TextDecoder().decode(encodeValidation({ ...validation, inputs }))
}
