// What a request of the host costs with the SDK in it: on its path, the hooks alone; altogether,
// the CPU of a server that validates tokens with jose, its records signed and sent, against the
// same server without the SDK, interleaved; and whether its memory stays.
//
//   node --conditions=@grantlog/source packages/sdk/bench/request.mjs
import { newProducer } from '../test/fixtures/credentials.ts'
import { startSink } from '../test/fixtures/sink.ts'
import { newIssuer } from '../test/fixtures/tokens.ts'
import { timeHooks } from './hooks.mjs'
import { startHost } from './host.mjs'

const budgetUs = { must: 20, goal: 10 }
const [rounds, perRound] = [7, 2000]

const { jwk, token: issue } = newIssuer()
const token = issue()
const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())
const headers = { authorization: `Bearer ${token}` }

const cases = {
  'without a token': {},
  'with a token that nobody validates': { headers },
  'with a token that jose validates': { headers, token, claims },
}
for (const [name, how] of Object.entries(cases)) {
  const us = await timeHooks(how)
  const within = us <= budgetUs.goal ? 'goal' : us <= budgetUs.must ? 'must' : 'over'
  const bounds = `must ≤ ${budgetUs.must}, goal ≤ ${budgetUs.goal}: ${within}`
  console.log(`on the path, ${name}: ${us.toFixed(1)} µs (${bounds})`)
}

const producer = newProducer()
const sink = await startSink(producer)
const plain = await startHost({ credentials: null, jwk, token })
const audited = await startHost({ credentials: producer.write(sink), jwk, token })
const measured = { plain: [], audited: [] }
for (const host of [plain, audited]) await host.run(perRound)
for (let round = 0; round < rounds; round++) {
  measured.plain.push(await plain.run(perRound))
  measured.audited.push(await audited.run(perRound))
}
for (const host of [plain, audited]) await host.end()
await sink.close()

const median = (runs) => runs.map(({ cpuUs }) => cpuUs).toSorted((a, b) => a - b)[rounds >> 1]
const [without, along] = [median(measured.plain), median(measured.audited)]
const added = (along - without).toFixed(0)
const ratio = (along / without).toFixed(2)
console.log(
  `CPU of a request: ${without.toFixed(0)} µs without, ${along.toFixed(0)} µs with the SDK,`,
  `export included (+${added} µs, ${ratio}×)`,
)
const heaps = measured.audited.map(({ heapBytes }) => (heapBytes / 2 ** 20).toFixed(1))
console.log(`heap after each ${perRound} requests, MiB: ${heaps.join(' ')}`)
const records = sink.records().length
console.log(`${records} records taken, of ${perRound * (rounds + 1)} requests and 2 of the stream`)
