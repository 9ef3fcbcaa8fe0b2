// The console: starts the page.
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { followTheme } from './settings/choices.tsx'
import { loadPages } from './shell/places.tsx'
import { Shell } from './shell/shell.tsx'
import './style/main.css'

followTheme()
const place = document.querySelector('#page')
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <Shell />
    </StrictMode>,
  )
  loadPages()
}
