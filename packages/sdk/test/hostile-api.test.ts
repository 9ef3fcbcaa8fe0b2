// Scenario: somebody types a secret everywhere a request to an API has room for one, with no key to
// hash it under.
// Guarantee: the value is in nothing that leaves the process, in clear or as a hash that could be
// guessed; each request that presents something as a token has its record, and the service answers.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { jwk } from './fixtures/api-client.ts'
import { withService } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { type Sink, startSink } from './fixtures/sink.ts'

const secret = 'S3cret-Passw0rd-hunter2-hunter2'

/** Heads of requests, and whether each presents something as a token or is asked for one. */
const heads: [string[], boolean][] = [
  [['GET /free/1', `Authorization: Bearer ${secret}`], true],
  [['GET /free/1', `Authorization: bEaReR   ${secret} ${secret}`], true],
  [['GET /free/1', `Authorization: DPoP ${secret}`, `DPoP: ${secret}`], true],
  [['GET /free/1', `Authorization: Bearer ${secret}`, `Authorization: Bearer ${secret}2`], true],
  [['GET /free/1', `Authorization: Bearer ey${secret}.${secret}.${secret}`], true],
  [['GET /free/1', `Authorization: Bearer \u00ff${secret}`], true],
  [['GET /free/1', `Authorization: Bearer ${secret.repeat(200)}`], true],
  [['GET /free/1', `Authorization: ${secret}`], false],
  [['GET /free/1', `Authorization: Basic ${secret}`], false],
  [['GET /orders/1', `Authorization: Bearer ${secret}`], true],
  [['GET /orders/1', `Authorization: Basic ${secret}`], true],
  [['GET /orders/1', `Cookie: session=${secret}`, `traceparent: 00-${secret}`], true],
  [[`GET /orders/${secret}?access_token=${secret}`], true],
  [[`GET /orders/${secret}?access%5Ftoken=${secret}&${secret}`], true],
  [[`GET /${secret}/${secret}?q=${secret}&${secret}=1#${secret}`, 'Authorization: Bearer x'], true],
  [[`GET /orders/1?${secret}`, 'Authorization: Bearer x'], true],
  [[`GET http://${secret}@x/${secret}?page=${secret}`, 'Authorization: Bearer x'], true],
]

/** Sends a head as it stands, and waits for the whole answer. */
function send(url: URL, [line, ...fields]: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname)
    let answer = ''
    socket.setEncoding('latin1').on('data', (part: string) => (answer += part))
    socket.on('error', reject).on('close', () => resolve(answer))
    const head = [`${line} HTTP/1.1`, 'Host: x', 'Connection: close', ...fields, '', '']
    socket.write(head.join('\r\n'), 'latin1')
  })
}

describe.each(['http', 'express', 'hono'])('on %s', (framework) => {
  let sink: Sink
  let stderr: string
  let answers: string[]

  beforeAll(async () => {
    const producer = newProducer()
    sink = await startSink(producer)
    const credentials = producer.write(sink)
    const { tokenKey: _, ...unkeyed } = JSON.parse(readFileSync(credentials, 'utf8'))
    writeFileSync(credentials, JSON.stringify(unkeyed))
    const options = {
      credentials,
      entry: 'resource-server-import.mjs',
      env: { FRAMEWORK: framework, JWK: jwk },
    }
    const ended = await withService(options, async ({ issuer }) => {
      const all: string[] = []
      for (const [head] of heads) all.push(await send(new URL(issuer), head))
      return all
    }).finally(() => void sink.close())
    answers = ended.result
    stderr = ended.stderr
  })

  test('each request that is about a token has its record', () => {
    expect(sink.faults).toEqual([])
    expect(answers.filter((answer) => !/^HTTP\/1\.1 [234]\d\d /.test(answer))).toEqual([])
    expect(sink.records()).toHaveLength(heads.filter(([, isToken]) => isToken).length + 2)
    expect(stderr).not.toContain('grantlog')
  })

  test('nothing that was typed left the process', () => {
    const left = `${Buffer.concat(sink.bodies).toString('latin1')}\n${stderr}`.toLowerCase()
    for (const part of ['s3cret', 'passw0rd', 'hunter2']) expect(left).not.toContain(part)
  })

  test('nor a hash of it that anybody could compute', () => {
    const left = Buffer.concat(sink.bodies).toString('latin1')
    for (const value of [secret, secret.repeat(200), `${secret} ${secret}`]) {
      const hash = createHash('sha256').update(value).digest('base64url')
      expect(left).not.toContain(hash.slice(0, 20))
    }
    expect(left).not.toContain('oauth.token.hash')
  })
})
