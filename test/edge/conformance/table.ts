// The table of conformance. Each line is a test of conformance.test.ts.
import type { Sender } from './sender.ts'

const intro = `# Who can send, and how

Written by \`npm run test:edge -- --write\`. Each line is a test with a real receiver: what is taken
has three signed spans, their signatures verified, and committed; one span that is not audit; and,
where all signals are sent, log records and data points; all counted once. What is refused is
refused whole, with the answer that is shown.
`

export function tableOf(senders: readonly Sender[]): string {
  const header = ['Sender', 'Protocol', 'Compression', 'Signals', 'Answer']
  const lines = senders.flatMap(({ name, rows, signals }) =>
    rows.map(({ compression, expected, protocol }) => [
      name,
      protocol,
      compression,
      signals === 'all' ? 'traces, logs, metrics' : signals,
      expected,
    ]),
  )
  const rule = header.map(() => '---')
  const shown = [header, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`)
  return `${intro}\n${shown.join('\n')}\n`
}
