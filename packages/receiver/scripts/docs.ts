// The table of METRICS.md, from the one that the metrics are made of.
//
//   node scripts/docs.ts [--check]
//
// --check writes nothing; it exits 1 when the file is not what the code says.
import { join } from 'node:path'
import { writeTable } from '../../../scripts/table.ts'
import { prometheusName } from '../src/metrics/prometheus-name.ts'
import { type MetricDescription, METRICS } from '../src/metrics/table.ts'

function metricsTable(): string {
  const rows = Object.entries<MetricDescription>(METRICS).map(
    ([name, { attribute, description, kind, perTenant, unit }]) => {
      const scraped = `${prometheusName(name, unit)}${kind === 'counter' ? '_total' : ''}`
      const by = attribute === undefined ? '' : ` By \`${attribute[0]}\`: ${attribute[1]}.`
      const whose = perTenant ? 'each ledger' : ''
      const cells = [`\`${name}\``, kind, `\`${unit}\``, `\`${scraped}\``, whose, description + by]
      return `| ${cells.join(' | ')} |`
    },
  )
  const head = '| metric | kind | unit | in Prometheus | of | what it is |'
  return [head, '|---|---|---|---|---|---|', ...rows].join('\n')
}

writeTable(join(import.meta.dirname, '..', 'METRICS.md'), metricsTable())
