// A small API under audit: each request that shows a token is a record. It ends in as many ways as
// services end. `WORKER`: it serves from a worker thread; `CLUSTER`: from that many processes.
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

const ways = {
  '/exit': () => process.exit(3),
  '/throw': () => {
    throw new Error('a bug of the service')
  },
  '/kill': () => process.kill(process.pid, 'SIGKILL'),
}

if (process.env.SIGNALS) process.on('SIGTERM', () => process.exit(0))

if (cluster.isPrimary && process.env.CLUSTER) {
  for (let i = 0; i < Number(process.env.CLUSTER); i++) cluster.fork()
  cluster.on('listening', (_, { port }) => process.stdout.write(`${port}\n`))
} else if (isMainThread && process.env.WORKER) {
  const worker = new Worker(new URL(import.meta.url))
  worker.on('message', (port) => {
    if (typeof port === 'number') process.stdout.write(`${port}\n`)
    else void worker.terminate()
  })
  // The process lives on without its worker.
  worker.on('exit', () => process.stdout.write('terminated\n'))
  setInterval(() => undefined, 1000)
} else {
  serve()
}

function serve() {
  const server = createServer((request, response) => {
    response.end('ok\n')
    if (request.url === '/terminate') parentPort.postMessage('terminate')
    else if (request.url === '/end') end()
    else if (ways[request.url]) {
      response.on('close', () => setImmediate(() => ways[request.url]()))
    }
  })
  server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
    const { port } = server.address()
    if (parentPort) parentPort.postMessage(port)
    else if (cluster.isPrimary) process.stdout.write(`${port}\n`)
  })

  function end() {
    server.close()
    server.closeIdleConnections()
  }
}
