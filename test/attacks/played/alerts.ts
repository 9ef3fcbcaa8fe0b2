// Where alerts arrive: a webhook that notes when, and of which moment each of them is.
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'

export interface AlertSink {
  /** A grantlog.yaml that sends all findings here. */
  readonly config: string
  /** From the end of the span that decided it to the arrival of its alert, ms; of each alert. */
  readonly delaysMs: readonly number[]
  close(): void
}

export async function startAlertSink(folder: string): Promise<AlertSink> {
  const delaysMs: number[] = []
  const server = createServer((request, response) => {
    const arrivedMs = Date.now()
    json(request).then(
      (body) => {
        const { data, type } = body as { type: string; data: { firstAt: string } }
        if (type === 'finding.found') delaysMs.push(arrivedMs - Date.parse(data.firstAt))
        response.end()
      },
      () => response.writeHead(400).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const [config, file] = [join(folder, 'grantlog.yaml'), join(folder, 'webhook-secret')]
  await writeFile(file, `whsec_${randomBytes(32).toString('base64')}\n`, { mode: 0o600 })
  const channel = { name: 'bench', type: 'webhook', level: 'informational', url, secret: { file } }
  // JSON is YAML, too.
  await writeFile(config, JSON.stringify({ version: 1, alerts: { channels: [channel] } }))
  return { config, delaysMs, close: () => void server.close() }
}
