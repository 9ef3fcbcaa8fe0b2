import { expect, test } from '@jest/globals'
import { eventWith, ruleText } from '../../test/events.ts'
import { MAX_REGEX_CHARS, MAX_VALUE_CHARS } from '../limits.ts'
import { sigmaDetector } from './detector.ts'

/** Which of the values of `oauth.client.name` a line of a map matches. */
function matched(line: string, values: readonly (string | null)[]): (string | null)[] {
  const text = ruleText(`    a:\n        ${line}\n    condition: a\n`)
  const detector = sigmaDetector([text])
  expect(detector.faults).toEqual([])
  return values.filter((value) => {
    const attributes: Record<string, string> = { 'oauth.client.id': 'Web' }
    if (value !== null) attributes['oauth.client.name'] = value
    return detector.take(eventWith(attributes)).length > 0
  })
}

const field = 'oauth.client.name'

test.each([
  [`${field}: web`, ['web', 'WEB'], ['webs', null]],
  [`${field}|cased: web`, ['web'], ['WEB']],
  [`${field}|contains|cased: eb`, ['web'], ['wEb']],
  [`${field}|contains|all: [a, b]`, ['ba'], ['a', null]],
  [`${field}|neq: web`, ['app', null], ['Web']],
  [`${field}|contains|neq: [a, b]`, ['c'], ['ac', 'b']],
  [`${field}: null`, [null], ['web']],
  [`${field}|exists: true`, ['web'], [null]],
  [`${field}|exists: false`, [null], ['web']],
  [`${field}|re: ^w.b$`, ['web'], ['Web', 'a web']],
  [`${field}|re|i: ^w.b$`, ['WEB'], []],
  [`${field}|re: a.b`, ['axb'], ['a\nb']],
  [`${field}|re|s: a.b`, ['a\nb'], []],
  [`${field}|re|m: ^b`, ['a\nb'], ['ab']],
  [`${field}|gt: 3`, ['4', '3.5'], ['3', 'four', '']],
  [`${field}|lte: 3`, ['3', '-1'], ['3.1']],
  [`${field}|fieldref: oauth.client.id`, ['web'], ['app', null]],
  [`${field}|fieldref|cased: oauth.client.id`, ['Web'], ['web']],
  [`${field}|fieldref|startswith: oauth.client.id`, ['website'], ['a web']],
  [`${field}|fieldref|contains: oauth.client.id`, ['a website'], ['app']],
  [`${field}|base64: web`, ['d2Vi'], ['web']],
  // As in the specification: "cmd" becomes 63 00 6d 00 64 00.
  [`${field}|wide: cmd`, ['c\0m\0d\0'], ['cmd']],
  [`${field}|utf16be: cmd`, ['\0c\0m\0d'], ['cmd']],
  [`${field}|utf16: cmd`, ['\ufeffc\0m\0d\0'], ['c\0m\0d\0']],
  [`${field}|wide|base64: cmd`, ['YwBtAGQA'], []],
  [`${field}|utf16|base64: cmd`, ['//5jAG0AZAA='], []],
  [`${field}|windash: run -x`, ['run /x', 'run \u2013x', 'run -x'], ['run x']],
])('%s', (line, those, others) => {
  expect(matched(line, [...those, ...others])).toEqual(those)
})

test('base64offset finds what is in a larger text, wherever it stands', () => {
  const values = ['', 'a', 'ab', 'abc'].map((before) =>
    Buffer.from(`${before}http://x.example`).toString('base64'),
  )
  expect(matched(`${field}|base64offset|contains: http://`, values)).toEqual(values)
})

test.each([
  [`${field}|contians: a`, 'RULE_MODIFIER', 'there is no modifier `contians`'],
  [`${field}|expand: a`, 'RULE_MODIFIER', '`expand` is not taken'],
  [`${field}|hour: 3`, 'RULE_MODIFIER', 'no attribute of a record is a date'],
  [`${field}|re|contains: a`, 'RULE_MODIFIER', '`contains` does not go with `re`'],
  [`${field}|i: a`, 'RULE_MODIFIER', '`i` goes with `re`'],
  [`${field}|re: (a)\\1`, 'RULE_REGEX', 'invalid escape sequence'],
  [`${field}|re: (?=a)`, 'RULE_REGEX', 'unsupported Perl syntax'],
  [`${field}|re: (a{1000}){1000}`, 'RULE_REGEX', 'invalid repeat count'],
  [`${field}|gt: a`, 'RULE_VALUE', '`gt` takes a number'],
  [`${field}|exists: 1`, 'RULE_VALUE', '`exists` takes true or false'],
  [`${field}|cidr: 192.0.2.1/24`, 'RULE_VALUE', 'this is no network'],
  [`${field}|contains: null`, 'RULE_VALUE', '`contains` takes no null'],
  [`${field}|base64: a*`, 'RULE_VALUE', '`base64` takes no wildcards: it encodes'],
  [`${field}|wide: é`, 'RULE_VALUE', '`wide` takes ASCII alone'],
  [`${field}|windash: -a -b -c -d`, 'RULE_VALUE', 'more than 3 dashes for `windash`'],
  [`${field}: [[a]]`, 'RULE_INVALID', 'a value is a text, a number, true, false or null'],
  [`${field}: []`, 'RULE_INVALID', 'an empty list matches nothing'],
  [`'|exists': true`, 'RULE_MODIFIER', '`exists` needs a field before it'],
])('%s is refused', (line, code, what) => {
  const [fault] = sigmaDetector([ruleText(`    a:\n        ${line}\n    condition: a\n`)]).faults
  expect(fault).toMatchObject({ code, what: expect.stringContaining(what), line: 8 })
})

test.each([
  ['a value', '', MAX_VALUE_CHARS, 'RULE_TOO_LARGE'],
  ['a regular expression', '|re', MAX_REGEX_CHARS, 'RULE_REGEX'],
])('%s has a largest length', (_, modifier, most, code) => {
  const faults = (length: number) =>
    sigmaDetector([
      ruleText(`    a:\n        ${field}${modifier}: ${'a'.repeat(length)}\n    condition: a\n`),
    ]).faults
  expect(faults(most)).toEqual([])
  expect(faults(most + 1)).toMatchObject([{ code }])
})

test('a regular expression that would backtrack for ever does not', () => {
  const evil = 'a'.repeat(1_000)
  expect(matched(`${field}|re: ^(a+)+$`, [evil, `${evil}!`])).toEqual([evil])
})
