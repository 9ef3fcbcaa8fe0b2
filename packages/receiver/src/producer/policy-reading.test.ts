// Guarantee: the loop that answers requests does none of the work of reading a policy, however
// wrong it is; and a reading that takes too long is given up.
import { expect, test } from '@jest/globals'
import { policyReading } from './policy-reading.ts'

const tooSlow = (): Error => new Error('too slow')
const { read } = policyReading({ timeoutMs: 100_000, tooSlow })
/** A fault for each of its characters. */
const wrong = ']'.repeat(20_000)

test('what it says, or what is wrong', async () => {
  expect(await read('format: grantlog-policy-v2\n')).toEqual({
    document: { format: 'grantlog-policy-v2' },
    hash: expect.stringMatching(/^[\w-]{43}$/),
  })
  expect(await read('format: x\nlevel: none\n')).toMatchObject({
    fault: { line: 1, column: 9, path: 'format' },
    faults: expect.any(Number),
  })
})

test('of the work a small part is done here', async () => {
  const [here, all] = [process.threadCpuUsage(), process.cpuUsage()]
  expect(await read(wrong)).toMatchObject({ faults: wrong.length })
  const [ofHere, ofAll] = [process.threadCpuUsage(here), process.cpuUsage(all)]
  expect(ofHere.user + ofHere.system).toBeLessThan((ofAll.user + ofAll.system) / 5)
})

test('too slow, or stopped', async () => {
  const impatient = policyReading({ timeoutMs: 1, tooSlow })
  await expect(impatient.read(wrong)).rejects.toThrow('too slow')
  const stopped = policyReading({ timeoutMs: 100_000, tooSlow })
  const reading = stopped.read(wrong)
  await stopped.stop()
  expect(await reading).toBeNull()
})
