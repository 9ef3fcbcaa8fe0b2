import { type AddressInfo, createServer } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { foldersUnder } from '@grantlog/ledger'
import { newData, rawRequest, startHarness } from '../test/harness.ts'
import { createProducer, plainBody, recordSpan, signedBody } from '../test/producer.ts'

test('an address that others reach is refused, unless it is asked for', async () => {
  const otlp = { host: '0.0.0.0', port: 0 }
  await expect(startHarness({ otlp })).rejects.toMatchObject({ code: 'RECEIVER_BIND_PUBLIC' })
  await using harness = await startHarness({ otlp, insecurePublicBind: true })
  expect((await harness.send(plainBody())).status).toBe(200)
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
