// Scenario: a receiver under load is killed with SIGKILL, twenty times, at random moments; senders
// come again with what got no receipt.
// Guarantee: every record with a receipt is at the place its receipt names, nothing is sealed
// twice, and the whole log verifies.
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { newDataFolder, requireSound } from './data-folder.ts'
import { faultTest } from './fault.ts'
import { startReceiverProcess } from './receiver-process.ts'
import { startSenders } from './sender-loop.ts'

const kills = 20

const killed = {
  where: 'receiver',
  fault: `kill -9 under load, ${kills} times`,
  expected: 'what has a receipt is in its place, nothing is sealed twice, the log verifies',
} as const

faultTest(killed, async () => {
  await using place = await newDataFolder()
  let receiver = await startReceiverProcess(place.data)
  const senders = startSenders(place, receiver.endpoint)
  for (let i = 0; i < kills; i++) {
    // Not at a multiple of the seal interval: kills must hit commits, seals and idle moments.
    await delay(60 + ((i * 137) % 400))
    await receiver.kill()
    receiver = await startReceiverProcess(place.data)
    senders.aim(receiver.endpoint)
  }
  await senders.more(60)
  const total = await senders.stop()
  expect(await receiver.stop()).toBe(0)
  const inLog = await requireSound(place, senders.receipted)
  // What was sent and not yet receipted at the end may be in the log, at most a batch per sender.
  expect(inLog).toBeGreaterThanOrEqual(total)
  expect(senders.receipted.length).toBeGreaterThan(kills * 20)
  return `${senders.receipted.length} records with receipts, ${inLog} in the log`
})
