// Takes the records of the query away in a file, with a manifest that is signed.
import { type ReactNode, useState } from 'react'
import type { Export } from '../../api/exports.ts'
import type { Problem as ApiProblem } from '../../api/problem.ts'
import { order } from '../ask/ask.tsx'
import { useAsk } from '../ask/use-ask.tsx'
import { apiUrl } from '../io/request.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Icon } from '../parts/icon.tsx'
import { CopyButton } from '../parts/value.tsx'
import { bytesText, countOf } from '../parts/numbers.ts'
import { Problem } from '../parts/states.tsx'
import { visibleText } from '../parts/visible.ts'

interface ExportDialogProps {
  readonly q: string
  readonly total: number
  readonly isOpen: boolean
  readonly onClose: () => void
}

const formats = [
  { key: 'ndjson', text: 'NDJSON', brief: 'One record a line, with everything in it' },
  { key: 'csv', text: 'CSV', brief: 'The fields of the list, for a spreadsheet' },
  { key: 'ocsf', text: 'OCSF', brief: 'Events of the Open Cybersecurity Schema Framework' },
] as const

export function ExportDialog({ q, total, isOpen, onClose }: ExportDialogProps): ReactNode {
  return (
    <Dialog title="Export" isOpen={isOpen} onClose={onClose}>
      <ExportForm q={q} total={total} />
    </Dialog>
  )
}

function ExportForm({ q, total }: { readonly q: string; readonly total: number }): ReactNode {
  const [format, setFormat] = useState<Export['format']>('ndjson')
  const [started, setStarted] = useState<Export | null>(null)
  const [problem, setProblem] = useState<ApiProblem>()
  const start = async (): Promise<void> => {
    const answer = await order<Export>('exports', { query: q, format })
    setProblem(answer.problem)
    if (answer.data !== undefined) setStarted(answer.data)
  }
  if (started !== null) return <ExportProgress first={started} total={total} />
  return (
    <div className="form">
      <p>
        {countOf(total, 'record')} that match <code>{visibleText(q) || 'everything'}</code>
      </p>
      <fieldset className="radios">
        <legend className="label">Format</legend>
        {formats.map(({ key, text, brief }) => (
          <label key={key} className="check">
            <input
              type="radio"
              name="format"
              checked={format === key}
              onChange={() => setFormat(key)}
            />
            <span>
              {text}
              <small>{brief}</small>
            </span>
          </label>
        ))}
      </fieldset>
      {problem === undefined ? null : <Problem problem={problem} />}
      <div className="form-foot">
        <Button kind="main" icon="download" onPress={() => void start()}>
          Export
        </Button>
      </div>
    </div>
  )
}

const POLL_MS = 600

interface ProgressProps {
  readonly first: Export
  readonly total: number
}

function ExportProgress({ first, total }: ProgressProps): ReactNode {
  const [isOver, setOver] = useState(first.state !== 'running')
  const path = isOver ? null : `exports/${encodeURIComponent(first.id)}`
  const { data = first, problem, reload } = useAsk<Export>(path, {}, { everyMs: POLL_MS })
  if (data.state !== 'running' && !isOver) setOver(true)
  const { state, records, bytes } = data
  if (problem !== undefined && state === 'running') {
    return <Problem problem={problem} onRetry={reload} />
  }
  return (
    <div className="form">
      <p role="status">
        {state === 'running' ? 'Writing: ' : state === 'done' ? 'Done: ' : 'It failed after '}
        {countOf(records, 'record')}, {bytesText(bytes)}
        {data.problem === '' ? null : `: ${data.problem}`}
      </p>
      <progress max={Math.max(total, records, 1)} value={records} aria-label="Progress" />
      <div className="form-foot">
        <Download path={data.data} text="Records" />
        <Download path={data.manifest} text="Signed manifest" />
      </div>
      <p className="note">
        The manifest says what was asked and what the file hashes to, signed by the ledger’s key for
        exports. Both beside each other are checked with
      </p>
      <p className="export-check">
        <code>grantlog export --check FILE --key &apos;{data.key}&apos;</code>
        <CopyButton text={`grantlog export --check FILE --key '${data.key}'`} label="command" />
      </p>
    </div>
  )
}

/** The path is the server's, below the API; anything else is no link. */
function Download({ path, text }: { readonly path: string | null; text: string }): ReactNode {
  if (path === null || !/^\/?[\w-]+(\/[\w.-]+)*$/.test(path)) return null
  return (
    <a className="button plain" href={apiUrl(path.replace(/^\//, ''))} download>
      <Icon name="download" />
      {text}
    </a>
  )
}
