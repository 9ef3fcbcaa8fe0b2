// Views that were saved under a name: opened, renamed, deleted. They stay in this browser; to hand
// one on, copy its link.
import { type FormEvent, type ReactNode, useState } from 'react'
import { Link, useSearch } from 'wouter'
import { IconButton } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { visibleText } from '../parts/visible.ts'
import { type View, deleteView, renameView, saveView, views } from '../query/history.tsx'

interface ViewsDialogProps {
  readonly isOpen: boolean
  readonly onClose: () => void
}

export function ViewsDialog({ isOpen, onClose }: ViewsDialogProps): ReactNode {
  const list = views.use()
  const search = useSearch()
  return (
    <Dialog title="Saved views" isOpen={isOpen} onClose={onClose} kind="sheet">
      <NameForm
        label="Save what is shown as"
        action="Save"
        onName={(name) => saveView({ name, search })}
      />
      {list.length === 0 ? (
        <p className="note">None yet. A view keeps the query, its time range and the columns.</p>
      ) : (
        <ul className="views">
          {list.map((view) => (
            <ViewLine key={view.name} view={view} onOpen={onClose} />
          ))}
        </ul>
      )}
    </Dialog>
  )
}

function ViewLine({
  view,
  onOpen,
}: {
  readonly view: View
  readonly onOpen: () => void
}): ReactNode {
  const [isNaming, setNaming] = useState(false)
  const { name, search } = view
  const told = visibleText(name)
  if (isNaming) {
    return (
      <li>
        <NameForm
          label={`New name of ${told}`}
          action="Rename"
          start={name}
          onName={(next) => {
            setNaming(false)
            renameView(name, next)
          }}
        />
      </li>
    )
  }
  return (
    <li className="view">
      <Link href={`/records?${search}`} onClick={onOpen} className="view-link">
        <b>{told}</b>
        <code>{visibleText(new URLSearchParams(search).get('q') ?? '') || 'all records'}</code>
      </Link>
      <IconButton icon="pencil" label={`Rename ${told}`} onPress={() => setNaming(true)} />
      <IconButton icon="cross" label={`Delete ${told}`} onPress={() => deleteView(name)} />
    </li>
  )
}

interface NameFormProps {
  readonly label: string
  readonly action: string
  readonly start?: string
  readonly onName: (name: string) => void
}

function NameForm({ label, action, start = '', onName }: NameFormProps): ReactNode {
  const [name, setName] = useState(start)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (name.trim() === '') return
    onName(name.trim())
    setName('')
  }
  return (
    <form className="name-form" onSubmit={submit}>
      <label>
        <span className="label">{label}</span>
        <input
          className="input"
          value={name}
          required
          maxLength={80}
          onChange={({ target }) => setName(target.value)}
        />
      </label>
      <button type="submit" className="button plain">
        {action}
      </button>
    </form>
  )
}
