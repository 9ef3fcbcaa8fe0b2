import { runLife } from '/work/main/packages/sdk/test/fixtures/client.ts'
import { startSink } from '/work/main/packages/sdk/test/fixtures/sink.ts'
import { newProducer } from '/work/main/packages/sdk/test/fixtures/credentials.ts'
import { startService } from '/work/main/packages/sdk/test/fixtures/child.ts'
const p = newProducer()
const sink = await startSink(p)
const s = await startService({ credentials: p.write(sink), env: JSON.parse(process.argv[3] ?? '{}'), entry: (process.argv[2] ?? 'server.mjs') as any })
const r = await runLife(s.issuer)
console.log(await s.end())
console.log(sink.faults, sink.roots)
for (const x of sink.records()) console.log(x.sequence, x.span.name, x.span.status, (Number(x.span.endTimeUnixNano-x.span.startTimeUnixNano)/1e3)+'us', JSON.stringify(Object.fromEntries([...x.attributes].map(([k,v])=>[k,typeof v==='bigint'?Number(v):v]))))
const all = Buffer.concat(sink.bodies).toString('latin1')
for (const x of r.secrets) if (all.includes(x)) console.log('LEAK', x)
await sink.close()
