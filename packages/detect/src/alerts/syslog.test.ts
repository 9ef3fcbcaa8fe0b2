// Guarantee: whatever a finding says, its message is one message of RFC 5424, as large as it may be
// at most, and each value stands where it belongs. Read by the grammar of RFC 5424 6.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { findingStateOf } from '../../test/detections.ts'
import { MAX_SYSLOG_BYTES, MAX_SYSLOG_VALUE_CHARS } from '../finding-limits.ts'
import type { FindingState } from '../finding-state.ts'
import type { Notice } from './channel.ts'
import { syslog, type SyslogOptions } from './syslog.ts'

const options: SyslogOptions = {
  ...{ name: 'siem', url: 'tls://siem.example', level: 'low', facility: 'authpriv' },
  ...{ hostname: 'log.example', enterprise: 32_473, consoleUrl: 'http://127.0.0.1:4319' },
}
const noticeOf = (more: Partial<FindingState> = {}): Notice => ({
  ...{ finding: findingStateOf(7, more), kind: 'found', index: 9 },
})

async function bodyOf(notices: readonly Notice[], more: Partial<SyslogOptions> = {}) {
  return (await syslog({ ...options, ...more }).request(notices, 0))!.body
}

type Params = Readonly<Record<string, string>>

interface Message {
  readonly head: string
  /** Elements of its structured data, each with its parameters. */
  readonly data: Readonly<Record<string, Params>>
  readonly words: string
  readonly bytes: number
}

const utf8 = new TextDecoder('utf8', { fatal: true, ignoreBOM: true })
const headForm = /^<\d{1,3}>1 \d{4}-\d\d-\d\dT[\d:.]+Z [!-~]{1,255} [!-~]{1,48} - [!-~]{1,32} /
const elementForm = /^\[([!#-<>-\\^-~]{1,32})/
const paramForm = /^ ([!#-<>-\\^-~]{1,32})="((?:[^"\\\]]|\\["\\\]])*)"/u

/** Counted octets, each a message: throws for all that the RFCs do not have. */
function messagesIn(body: string): Message[] {
  let rest = Buffer.from(body)
  const messages: Message[] = []
  while (rest.length > 0) {
    const [counted, length] = /^([1-9]\d*) /.exec(rest.toString('latin1'))!
    const to = counted.length + Number(length)
    if (rest.length < to) throw new Error('shorter than it says')
    messages.push(messageOf(utf8.decode(rest.subarray(counted.length, to))))
    rest = rest.subarray(to)
  }
  return messages
}

function messageOf(text: string): Message {
  const [head] = headForm.exec(text)!
  const data: Record<string, Params> = {}
  let rest = text.slice(head.length)
  for (let found = elementForm.exec(rest); found !== null; found = elementForm.exec(rest)) {
    const params: Record<string, string> = {}
    rest = rest.slice(found[0].length)
    for (let param = paramForm.exec(rest); param !== null; param = paramForm.exec(rest)) {
      if (param[1]! in params) throw new Error(`${param[1]} is there twice`)
      params[param[1]!] = param[2]!.replaceAll(/\\(["\\\]])/g, '$1')
      rest = rest.slice(param[0].length)
    }
    if (!rest.startsWith(']')) throw new Error(`not its end: ${rest.slice(0, 40)}`)
    rest = rest.slice(1)
    if (found[1]! in data) throw new Error(`${found[1]} is there twice`)
    data[found[1]!] = params
  }
  if (!rest.startsWith(' \u{FEFF}')) throw new Error(`no words: ${rest.slice(0, 40)}`)
  return { head, data, words: rest.slice(2), bytes: Buffer.byteLength(text) }
}
const paramsOf = ({ data }: Message): Params => data['grantlog@32473']!
const aboutOf = ({ data }: Message): Params => data['about@32473']!

test('a finding as it stands on the wire', async () => {
  const body = await bodyOf([noticeOf()])
  const message =
    '<83>1 2026-11-23T20:50:00.000Z log.example grantlog - aaaaaaaa7a4c4cc19d4e000000000001 ' +
    '[grantlog@32473 id="01982f3e-7a4c-7cc1-9d4e-000000000007" kind="found" level="high" ' +
    'rule="aaaaaaaa-7a4c-4cc1-9d4e-000000000001" title="Rule 1" status="open" times="1" ' +
    'count="1" leaf="7" newest="9" ' +
    'records="7" ' +
    'url="http://127.0.0.1:4319/findings/01982f3e-7a4c-7cc1-9d4e-000000000007" ' +
    'attack="T1528"][about@32473 session.id="p1.aaaaaaaaaaaaaaaaaaaaaa"] ' +
    '\u{FEFF}Something happened.'
  expect(body).toBe(`${Buffer.byteLength(message)} ${message}`)
})

test.each([
  ['critical', 'authpriv', 82],
  ['high', 'authpriv', 83],
  ['medium', 'audit', 108],
  ['low', 'audit', 109],
  ['informational', 'local7', 190],
] as const)('%s of %s has the priority %i', async (level, facility, priority) => {
  const { rule } = findingStateOf(1)
  const body = await bodyOf([noticeOf({ rule: { ...rule, level } })], { facility })
  expect(messagesIn(body)[0]!.head.startsWith(`<${priority}>1 `)).toBe(true)
})

test('a decision is a notice of its own time, with who decided', async () => {
  const madeAt = 1_795_467_001_000
  const change = { status: 'closed', note: 'Fine.\nReally.', person: 'an operator' } as const
  const changes = [{ ...change, madeAt, index: 9 }]
  const finding = findingStateOf(7, { status: 'closed', changes })
  const [message] = messagesIn(await bodyOf([{ finding, kind: 'status', index: 9 }]))
  expect(message!.head).toMatch(`<85>1 ${new Date(madeAt).toISOString()} `)
  expect(paramsOf(message!)).toMatchObject({ person: 'an operator', note: 'Fine.\u{FFFD}Really.' })
})

test('several notices are as many messages', async () => {
  const [one, two] = messagesIn(await bodyOf([noticeOf(), noticeOf({ words: 'Ü' })]))
  expect([one!.words, two!.words]).toEqual(['Something happened.', 'Ü'])
  expect(await syslog(options).request([], 0)).toBeNull()
})

describe('hostile text', () => {
  const forged = '"] <34>1 2026-01-01T00:00:00Z - su - - - root\n11 <34>1 - su -\r\u2028\0\u202E\\'

  test('is a value, and nothing else', async () => {
    const group = [['oauth.client.id', forged]] as const
    const [message, ...others] = messagesIn(await bodyOf([noticeOf({ group, words: forged })]))
    const shown = forged.replaceAll(/[\n\r\u2028\0\u202E]/g, '\u{FFFD}')
    expect(others).toEqual([])
    expect(aboutOf(message!)).toEqual({ 'oauth.client.id': shown })
    expect(message!.words).toBe(shown)
  })

  test('whatever it is, there is one message, on one line, not too large', async () => {
    const part = fc.constantFrom('"', '\\', ']', '[', '=', '\n', '\r', '\0', ' ', 'ü', '\uD800')
    const text = fc.oneof(
      fc.string({ unit: part, maxLength: 3_000 }),
      fc.string({ unit: 'binary', maxLength: 3_000 }),
    )
    const arbitrary = fc.record({
      ...{ words: text, title: text, note: text },
      group: fc.array(
        fc.tuple(
          text.map((name) => `${name}_`),
          text,
        ),
        { maxLength: 16 },
      ),
    })
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ group, note, title, words }) => {
        const rule = { ...findingStateOf(1).rule, title }
        const changes = [{ status: 'closed', note, person: note, madeAt: 1, index: 9 }] as const
        const body = await bodyOf([noticeOf({ group, rule, words, changes }), noticeOf()])
        const [first, second] = messagesIn(body)
        expect(body).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
        expect(first!.bytes).toBeLessThanOrEqual(MAX_SYSLOG_BYTES)
        expect(paramsOf(first!)['id']).toBe(findingStateOf(7).id)
        expect(second!.words).toBe('Something happened.')
      }),
      { numRuns: 300, seed: 5424 },
    )
  })
})

describe('bounds', () => {
  test('a value', async () => {
    const titled = async (chars: number): Promise<Message> => {
      const rule = { ...findingStateOf(1).rule, title: '🔑'.repeat(chars) }
      return messagesIn(await bodyOf([noticeOf({ rule })]))[0]!
    }
    const [whole, cut] = [
      await titled(MAX_SYSLOG_VALUE_CHARS),
      await titled(MAX_SYSLOG_VALUE_CHARS + 1),
    ]
    expect(paramsOf(whole)).not.toHaveProperty('cut')
    expect(paramsOf(cut)).toEqual({ ...paramsOf(whole), cut: '1' })
  })

  test('a message: words are cut before its end, and never within a character', async () => {
    const [empty] = messagesIn(await bodyOf([noticeOf({ words: '' })]))
    const room = MAX_SYSLOG_BYTES - empty!.bytes
    const worded = async (bytes: number): Promise<Message> =>
      messagesIn(await bodyOf([noticeOf({ words: `${'x'.repeat(bytes - 4)}🔑` })]))[0]!
    const [whole, cut] = [await worded(room), await worded(room + 1)]
    expect([whole.bytes, whole.words.endsWith('🔑')]).toEqual([MAX_SYSLOG_BYTES, true])
    expect([cut.bytes, cut.words.endsWith('x')]).toEqual([MAX_SYSLOG_BYTES - 3, true])
  })

  test('parameters: the last are left out, which is told, and words have room', async () => {
    const group = Array.from({ length: 16 }, (_, n) => [`a${n}`, '"'.repeat(256)] as const)
    const words = '🔑'.repeat(1_000)
    const [message] = messagesIn(await bodyOf([noticeOf({ group, words })]))
    expect(aboutOf(message!)).toMatchObject({ a0: '"'.repeat(256), a4: '"'.repeat(256), cut: '1' })
    expect(aboutOf(message!)).not.toHaveProperty('a15')
    expect(message!.words).toBe(words)
  })
})
