// The dashboard of collector-config/grafana, from the table that the metrics are made of, so that
// it asks for no other. What stands on it is in panels.ts.
//
//   node scripts/dashboard.ts [--check]
//
// The JSON is Grafana's classic model: every Grafana since 10 takes it, and 13 makes its newer one
// of it. test/peers/dashboard.test.ts asks Prometheus' own engine for each expression.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Panel, rows } from './panels.ts'

const path = join(
  ...[import.meta.dirname, '..', '..', '..', 'collector-config', 'grafana', 'dashboards'],
  'grantlog-receiver.json',
)
const datasource = { type: 'prometheus', uid: '${datasource}' }
const columns = 24

function placed(): object[] {
  const all: object[] = []
  let y = 0
  for (const { panels, title } of rows) {
    all.push({ ...place(all, { x: 0, y, w: columns, h: 1 }), type: 'row', title, panels: [] })
    y += 1
    let [x, height] = [0, 0]
    for (const panel of panels) {
      if (x + panel.width > columns) [x, y, height] = [0, y + height, 0]
      all.push({ ...place(all, { x, y, w: panel.width, h: panel.height }), ...shown(panel) })
      x += panel.width
      height = Math.max(height, panel.height)
    }
    y += height
  }
  return all
}

function place(before: readonly object[], gridPos: object): object {
  return { id: before.length + 1, gridPos }
}

function shown(panel: Panel): object {
  const { description, queries, title, type, unit } = panel
  const targets = queries.map(({ expr, legend }, at) => ({
    ...{ refId: String.fromCharCode(65 + at), datasource, editorMode: 'code', expr },
    ...(type === 'timeseries' ? { range: true } : { instant: true, range: false }),
    ...(type === 'table' ? { format: 'table' } : { legendFormat: legend }),
  }))
  const defaults = { unit, color: { mode: 'palette-classic' } }
  const common = { type, title, description, datasource, targets }
  if (type === 'timeseries') {
    const line = { drawStyle: 'line', lineWidth: 1, fillOpacity: 10, showPoints: 'never' }
    const custom = { ...line, axisSoftMin: 0 }
    return {
      ...common,
      fieldConfig: { defaults: { ...defaults, custom }, overrides: [] },
      options: {
        legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
        tooltip: { mode: 'multi', sort: 'desc' },
      },
    }
  }
  return type === 'table' ? { ...common, ...asTable(panel) } : { ...common, ...asStat(panel) }
}

/** Green, and red from the first threshold on; or the other way round. */
function asStat({ isBadBelow = false, threshold, unit }: Panel): object {
  const [below, above] = isBadBelow ? ['red', 'green'] : ['green', 'red']
  const steps = [
    { color: below, value: null },
    { color: above, value: threshold },
  ]
  const isJudged = threshold !== undefined
  return {
    fieldConfig: {
      defaults: {
        unit,
        color: { mode: isJudged ? 'thresholds' : 'palette-classic' },
        ...(isJudged && { thresholds: { mode: 'absolute', steps } }),
      },
      overrides: [],
    },
    options: {
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      ...{ colorMode: 'value', graphMode: 'none', textMode: 'auto', justifyMode: 'auto' },
    },
  }
}

/** One line for each ledger, one column for each query. */
function asTable({ queries }: Panel): object {
  const names = queries.map(({ legend }, at) => [`Value #${String.fromCharCode(65 + at)}`, legend])
  const overrides = queries.map(({ legend, unit = 'short' }) => ({
    matcher: { id: 'byName', options: legend },
    properties: [{ id: 'unit', value: unit }],
  }))
  const renameByName = Object.fromEntries([...names, ['grantlog_tenant', 'tenant']])
  return {
    fieldConfig: { defaults: {}, overrides },
    options: { showHeader: true, cellHeight: 'sm' },
    transformations: [
      { id: 'merge', options: {} },
      { id: 'organize', options: { excludeByName: { Time: true }, renameByName } },
    ],
  }
}

function variable(name: string, label: string, metric: string): object {
  const definition = `label_values(${metric}, ${name})`
  return {
    ...{ type: 'query', name: name.replace('grantlog_', ''), label, datasource, definition },
    query: { query: definition, refId: 'variable' },
    ...{ refresh: 2, sort: 1, multi: true, includeAll: true, allValue: '.*', hide: 0 },
    current: { text: ['All'], value: ['$__all'] },
  }
}

const dashboard = {
  ...{
    uid: 'grantlog-receiver',
    title: 'Grantlog receiver',
    tags: ['grantlog'],
    schemaVersion: 42,
  },
  ...{ editable: true, graphTooltip: 1, refresh: '30s', timezone: 'browser', version: 1 },
  time: { from: 'now-3h', to: 'now' },
  templating: {
    list: [
      { type: 'datasource', name: 'datasource', label: 'Prometheus', query: 'prometheus', hide: 0 },
      variable('instance', 'Receiver', 'grantlog_receiver_ready'),
      variable('grantlog_tenant', 'Tenant', 'grantlog_receiver_ready'),
    ],
  },
  annotations: { list: [] },
  links: [],
  panels: placed(),
}

const now = `${JSON.stringify(dashboard, null, 2)}\n`
const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
if (now !== before) {
  if (process.argv.includes('--check')) {
    console.error('grantlog-receiver.json is not what panels.ts says; run npm run generate')
    process.exitCode = 1
  } else writeFileSync(path, now)
}
