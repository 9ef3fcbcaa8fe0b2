// What becomes of a finding: a status with a note, or silence for a time. It is a leaf within a
// second, and the page follows.
import { type ReactNode, useRef, useState } from 'react'
import type { RuleFinding } from '../../api/findings.ts'
import type { Problem as ApiProblem } from '../../api/problem.ts'
import { order } from '../ask/ask.tsx'
import { Button } from '../parts/button.tsx'
import { Card } from '../parts/page.tsx'
import { Problem } from '../parts/states.tsx'
import { stored } from '../settings/stored.tsx'

/** Who decides, as they named themselves the last time. */
const person = stored('person', (value) => (typeof value === 'string' ? value : ''))

const hourMs = 3_600_000

interface DecideProps {
  readonly finding: RuleFinding
  readonly onDone: () => void
}

export function Decide({ finding, onDone }: DecideProps): ReactNode {
  const { id, rule, status } = finding
  const who = person.use()
  const [note, setNote] = useState('')
  const [problem, setProblem] = useState<ApiProblem>()
  const [told, setTold] = useState('')
  const answered = useRef<HTMLParagraphElement>(null)
  const send = async (path: string, body: object, done: string): Promise<void> => {
    setTold('')
    const answer = await order(path, { ...body, person: who.trim(), note: note.trim() })
    setProblem(answer.problem)
    if (answer.problem !== undefined) return
    setTold(done)
    setNote('')
    // What was pressed cannot be pressed again, and would lose the focus to nowhere.
    answered.current?.focus()
    onDone()
  }
  const decide = (to: RuleFinding['status'], done: string): void =>
    void send(`findings/${encodeURIComponent(id)}/decision`, { status: to }, done)
  const silence = (): void => {
    const until = Date.now() + 2 * hourMs
    void send('silences', { rule: rule.id, group: finding.group, until }, 'Silenced for two hours.')
  }
  const isUnnamed = who.trim() === ''
  return (
    <Card title="Decide">
      <div className="form">
        <Author who={who} note={note} onNote={setNote} />
        <p className="note">Name and note are sealed in the log: nobody can take them back.</p>
        {problem === undefined ? null : <Problem problem={problem} />}
        <div className="form-foot">
          <Ways status={status} isUnnamed={isUnnamed} onDecide={decide} />
          <Button onPress={silence} isDisabled={isUnnamed} kind="quiet">
            Silence for 2 hours
          </Button>
        </div>
        <p ref={answered} role="status" tabIndex={-1} className="note">
          {told}
        </p>
      </div>
    </Card>
  )
}

interface AuthorProps {
  readonly who: string
  readonly note: string
  readonly onNote: (note: string) => void
}

function Author({ note, onNote, who }: AuthorProps): ReactNode {
  return (
    <>
      <label>
        <span className="label">Your name</span>
        <input
          className="input"
          value={who}
          maxLength={128}
          autoComplete="name"
          onChange={({ target }) => person.write(target.value)}
        />
      </label>
      <label>
        <span className="label">Note</span>
        <textarea
          className="input finding-area"
          value={note}
          maxLength={2_000}
          rows={3}
          onChange={({ target }) => onNote(target.value)}
        />
      </label>
    </>
  )
}

interface WaysProps {
  readonly status: RuleFinding['status']
  readonly isUnnamed: boolean
  readonly onDecide: (status: RuleFinding['status'], done: string) => void
}

/** What is so already cannot be chosen. */
function Ways({ isUnnamed, onDecide, status }: WaysProps): ReactNode {
  return (
    <>
      <Button
        kind="main"
        onPress={() => onDecide('acknowledged', 'Acknowledged.')}
        isDisabled={isUnnamed || status === 'acknowledged'}
      >
        Acknowledge
      </Button>
      <Button
        onPress={() => onDecide('closed', 'Closed.')}
        isDisabled={isUnnamed || status === 'closed'}
      >
        Close
      </Button>
      <Button
        onPress={() => onDecide('false_positive', 'A false positive.')}
        isDisabled={isUnnamed || status === 'false_positive'}
      >
        False positive
      </Button>
      {status === 'open' ? null : (
        <Button onPress={() => onDecide('open', 'Opened again.')} isDisabled={isUnnamed}>
          Open again
        </Button>
      )}
    </>
  )
}
