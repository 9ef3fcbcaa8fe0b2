// The path of one request in this process: the CPU of this thread from its bytes to the end of its
// response, when Node has told of it, and what is allocated on the way and behind it. What the SDK
// puts off runs between the requests.
import { subscribe } from 'node:diagnostics_channel'
import { duplexPair } from 'node:stream'
import { PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'

const warmUp = 1500
const count = 2000
/** So many that nothing is collected in between: see `--min-semi-space-size`. */
const allocating = 300
const pauseMs = 500

/** CPU of a request, the median in µs. */
export async function timePaths(server, request) {
  const { end, serve } = connectTo(server, request)
  for (let i = 0; i < warmUp; i++) await serve()
  const times = []
  for (let i = 0; i < count; i++) times.push(await serve())
  end()
  return { p50Us: times.toSorted((a, b) => a - b)[count >> 1] }
}

/** Bytes that a request allocates on V8's heap and for buffers; null: some were collected. */
export async function countBytes(server, request) {
  const { end, serve } = connectTo(server, request)
  let collections = 0
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length))
  observer.observe({ entryTypes: ['gc'] })
  for (let i = 0; i < warmUp; i++) await serve()
  gc()
  await wait(pauseMs)
  collections = 0
  const before = usedBytes()
  for (let i = 0; i < allocating; i++) await serve()
  // What waits for the next tick belongs to it.
  await wait(pauseMs)
  const allocatedBytes = (usedBytes() - before) / allocating
  observer.disconnect()
  end()
  return { allocatedBytes: collections === 0 ? allocatedBytes : null }
}

/** `serve` has the same request served over one connection and gives the CPU until its end. */
function connectTo(server, request) {
  const [client, connection] = duplexPair()
  server.emit('connection', connection)
  const bytes = Buffer.from(request)
  let began = 0
  let took = 0
  let done = () => undefined
  // Whoever subscribed before has run by then.
  subscribe('http.server.response.finish', ({ response }) => {
    took = cpuUs() - began
    if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`)
    done()
  })
  client.resume()
  const serve = async () => {
    const ended = new Promise((resolve) => (done = resolve))
    began = cpuUs()
    client.write(bytes)
    await ended
    // The deferred work, and what it defers.
    for (let i = 0; i < 3; i++) await turn()
    return took
  }
  const end = () => {
    client.destroy()
    connection.destroy()
  }
  return { serve, end }
}

/** Not a clock: what else runs on the machine does not count. */
function cpuUs() {
  const { system, user } = process.threadCpuUsage()
  return system + user
}

function usedBytes() {
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
