// An OTLP/HTTP sink as a process that may be killed at any time: what it took is in its file before
// it answers. Arguments: port, file. The file has the index of each record in the log, as u32.
import { fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { spansIn, textOf } from '../../../packages/sdk/test/fixtures/otlp.ts'

const [port, path] = process.argv.slice(2)
const file = openSync(path!, 'a')
// A kill in the middle of a write: that request was not answered, and comes again.
const { size } = fstatSync(file)
ftruncateSync(file, size - (size % 4))

const server = createServer(async (request, response) => {
  try {
    const indexes = spansIn(await buffer(request)).map((span) =>
      Number(textOf(span, 'grantlog.index')),
    )
    writeSync(file, Buffer.from(Uint32Array.from(indexes).buffer))
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  } catch {
    response.writeHead(503).end()
  }
})
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'))
