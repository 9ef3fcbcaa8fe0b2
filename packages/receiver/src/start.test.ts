import { type AddressInfo, createServer } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { foldersUnder } from '@grantlog/ledger'
import { newData, rawRequest, startHarness } from '../test/harness.ts'
import { certificateFiles } from '../test/secure.ts'
import { createProducer, plainBody, recordSpan, signedBody } from '../test/producer.ts'

describe('an address that others reach', () => {
  const otlp = { host: '0.0.0.0', port: 0 }
  const issuer = {
    issuer: 'https://as.example',
    audience: 'grantlog',
    jwksUri: 'https://as.example',
  }

  test('is refused without TLS and callers, and the error says what is missing', async () => {
    const lacks = (message: RegExp): object => ({
      code: 'RECEIVER_BIND_PUBLIC',
      message: expect.stringMatching(message),
      fix: expect.stringContaining('--tls-cert'),
    })
    const both = lacks(/0\.0\.0\.0: no TLS, nobody is asked who he is$/)
    await expect(startHarness({ otlp })).rejects.toMatchObject(both)
    const callers = { issuers: [issuer] }
    const inClear = lacks(/0\.0\.0\.0: no TLS$/)
    await expect(startHarness({ otlp, callers })).rejects.toMatchObject(inClear)
    await using files = await certificateFiles()
    const asksNobody = lacks(/0\.0\.0\.0: nobody is asked who he is$/)
    await expect(startHarness({ otlp, tls: files.tls })).rejects.toMatchObject(asksNobody)
  })

  test('may be open in a closed network, which is told', async () => {
    await using harness = await startHarness({ otlp, insecurePublicBind: true })
    expect((await harness.send(plainBody())).status).toBe(200)
    const detail = '0.0.0.0: no TLS, nobody is asked who he is'
    expect(harness.events).toContainEqual({ code: 'BIND_INSECURE', level: 'warn', detail })
    expect(harness.receiver.status().access.insecure).toEqual([detail])
  })

  test('is never the admin port, which asks nobody', async () => {
    await using files = await certificateFiles()
    const safe = { otlp, tls: files.tls, callers: { certificates: 'any' } } as const
    const refused = { code: 'RECEIVER_ADMIN_PUBLIC' }
    await expect(startHarness({ ...safe, admin: otlp })).rejects.toMatchObject(refused)
  })
})

test('a port that is taken is named, and what had started is stopped', async () => {
  const holder = createServer()
  await new Promise<void>((resolve) => void holder.listen(0, '127.0.0.1', resolve))
  const { port } = holder.address() as AddressInfo
  const taken = {
    code: 'RECEIVER_PORT_TAKEN',
    message: expect.stringContaining(`127.0.0.1:${port}`),
  }
  await expect(startHarness({ otlp: { port } })).rejects.toMatchObject(taken)
  await expect(startHarness({ admin: { port } })).rejects.toMatchObject(taken)
  await new Promise((resolve) => holder.close(resolve))
})

test('enrolments that cannot be read stop the start', async () => {
  const data = await newData()
  await writeFile(join(foldersUnder(data).keys, 'enrolled.json'), '{}')
  const refused = { code: 'RECEIVER_ENROLMENT_MALFORMED' }
  await expect(startHarness({ data })).rejects.toMatchObject(refused)
})

test('close answers what is under way', async () => {
  const reached = Promise.withResolvers<void>()
  const durable = Promise.withResolvers<void>()
  const producer = createProducer()
  const harness = await startHarness({
    producers: [producer],
    override: (ledger) => ({
      async commit(batch) {
        reached.resolve()
        await durable.promise
        return ledger.commit(batch)
      },
    }),
  })
  const answer = harness.send(signedBody(producer, [recordSpan(0)]))
  await reached.promise
  const closed = harness.close()
  durable.resolve()
  expect(await answer).toMatchObject({ status: 200, rejected: 0 })
  await closed
  await expect(rawRequest(harness.receiver.otlpPort, {})).rejects.toThrow()
})
