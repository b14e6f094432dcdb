import type { BenchResult } from '../run-bench.ts'
import { REPORTED_CONNECTIONS } from '../targets.ts'

/** REST on the left, native on the right. */
const PANELS = [
  ['REST session', 'native session'],
  ['REST batch of 50', 'native batch of 50'],
  ['REST insights'],
] as const

const TITLE = 'CPU time per request'
const WIDTH = 880
const MARGIN = 32
const HEAD_HEIGHT = 92
const FOOT_HEIGHT = 64
const PANEL_TITLE_HEIGHT = 30
const PANEL_GAP = 28
const BAR_SLOT = 26
const BAR_HEIGHT = 16
const COLUMN_GAP = 40
const COLUMN_WIDTH = (WIDTH - 2 * MARGIN - COLUMN_GAP) / 2
const NAME_WIDTH = 146
const VALUE_WIDTH = 62
const COLORS = {
  accent: '#2563eb',
  bar: '#c3cad5',
  ink: '#1f2328',
  muted: '#59636e',
  edge: '#d1d9e0',
  paper: '#ffffff',
}
const FONT = "-apple-system,'Segoe UI','Noto Sans',Helvetica,Arial,sans-serif"

interface Bar {
  contender: string
  micros: number
}

/** Each panel has its own scale from 0. @throws Error if none of the cases was measured at 32 connections. */
export function benchChart(result: BenchResult): string {
  const rows = PANELS.map((names) => names.map((name) => ({ name, bars: toBars(result, name) }))).filter((row) =>
    row.some(({ bars }) => bars.length > 0),
  )
  if (rows.length === 0) throw new Error(`there are no figures for the chart at ${REPORTED_CONNECTIONS} connections`)

  const shapes: string[] = []
  let top = HEAD_HEIGHT
  for (const row of rows) {
    row.forEach(({ name, bars }, column) => {
      if (bars.length > 0) shapes.push(...drawPanel(name, bars, MARGIN + column * (COLUMN_WIDTH + COLUMN_GAP), top))
    })
    top += PANEL_TITLE_HEIGHT + Math.max(...row.map(({ bars }) => bars.length)) * BAR_SLOT + PANEL_GAP
  }
  const height = top - PANEL_GAP + FOOT_HEIGHT
  const subtitle = `${REPORTED_CONNECTIONS} connections; shorter is better; each panel has its own scale`
  return [
    `<svg role="img" xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="${FONT}">`,
    `<title>${TITLE}</title>`,
    `<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="12" fill="${COLORS.paper}" stroke="${COLORS.edge}"/>`,
    text(TITLE, { x: MARGIN, y: 44, size: 20, isBold: true }),
    text(subtitle, { x: MARGIN, y: 68, size: 13, color: COLORS.muted }),
    ...shapes,
    text(machineLine(result), { x: MARGIN, y: height - 26, size: 11, color: COLORS.muted }),
    '</svg>',
    '',
  ].join('\n')
}

function toBars({ contenders, measurements }: BenchResult, name: string): Bar[] {
  const shown = measurements.filter((one) => one.case === name && one.connections === REPORTED_CONNECTIONS)
  return contenders.flatMap(({ name: contender }) => {
    const found = shown.find((one) => one.contender === contender)
    return found ? [{ contender, micros: found.median.cpuMicros }] : []
  })
}

function drawPanel(name: string, bars: Bar[], left: number, top: number): string[] {
  const from = left + NAME_WIDTH
  const pixelsPerMicro = (COLUMN_WIDTH - NAME_WIDTH - VALUE_WIDTH) / Math.max(...bars.map(({ micros }) => micros))
  const drawn = bars.flatMap(({ contender, micros }, index) => {
    const isGateway = contender === 'gateway'
    const y = top + PANEL_TITLE_HEIGHT + index * BAR_SLOT + (BAR_SLOT - BAR_HEIGHT) / 2
    const width = Number((micros * pixelsPerMicro).toFixed(2))
    const baseline = y + BAR_HEIGHT - 4
    return [
      text(contender, { x: from - 8, y: baseline, size: 12, anchor: 'end' }),
      `<rect x="${from}" y="${y}" width="${width}" height="${BAR_HEIGHT}" fill="${isGateway ? COLORS.accent : COLORS.bar}"/>`,
      text(formatCpuTime(micros), { x: from + width + 6, y: baseline, size: 12, isBold: isGateway }),
    ]
  })
  return [text(sentenceCase(name), { x: left, y: top + 14, size: 14, isBold: true }), ...drawn]
}

interface TextStyle {
  x: number
  y: number
  size: number
  color?: string
  isBold?: boolean
  anchor?: 'end'
}

function text(content: string, { x, y, size, color = COLORS.ink, isBold, anchor }: TextStyle): string {
  const style = [isBold && ' font-weight="bold"', anchor && ` text-anchor="${anchor}"`].filter(Boolean).join('')
  return `<text x="${x}" y="${y}" font-size="${size}" fill="${color}"${style}>${escapeText(content)}</text>`
}

const escapeText = (content: string) => content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const sentenceCase = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)

function machineLine({ machine, at, rounds, measureMs }: BenchResult): string {
  const runs = `medians of ${rounds} × ${measureMs / 1000} s`
  return [`Node ${machine.node.replace(/^v/, '')}`, machine.cpu, runs, at.slice(0, 10)].join(' · ')
}

/** E.g. `840 µs` or, from 1000 on, `8.6 ms`. Independent of the locale. */
export function formatCpuTime(micros: number): string {
  const whole = Math.round(micros)
  return whole < 1000 ? `${whole} µs` : `${(whole / 1000).toFixed(1)} ms`
}
