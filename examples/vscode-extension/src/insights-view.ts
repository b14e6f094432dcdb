import type { InsightOut } from '@achilles/mcp-client'
import {
  type Disposable,
  EventEmitter,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  type TreeView,
  window,
} from 'vscode'

const REFRESH_MS = 60_000

const ICONS: Readonly<Record<string, ThemeIcon>> = {
  critical: new ThemeIcon('flame', new ThemeColor('list.errorForeground')),
  high: new ThemeIcon('error', new ThemeColor('list.errorForeground')),
  medium: new ThemeIcon('warning', new ThemeColor('list.warningForeground')),
  low: new ThemeIcon('lightbulb'),
  info: new ThemeIcon('info'),
}

/** Lists what Core found in the session; asks again every minute, and when told to. */
export class InsightsView implements TreeDataProvider<InsightOut>, Disposable {
  readonly #ask: () => Promise<InsightOut[]>
  readonly #changed = new EventEmitter<void>()
  readonly #view: TreeView<InsightOut>
  readonly #timer: NodeJS.Timeout
  #insights: InsightOut[] = []
  #isDisposed = false
  readonly onDidChangeTreeData = this.#changed.event

  constructor(ask: () => Promise<InsightOut[]>) {
    this.#ask = ask
    this.#view = window.createTreeView('achilles.insights', { treeDataProvider: this })
    this.#timer = setInterval(() => this.refresh(), REFRESH_MS)
  }

  /** Asks now; where nobody answers, what is known stays and the view says why. */
  async refresh(): Promise<void> {
    const { insights, message } = await this.#ask().then(
      (insights) => ({ insights, message: '' }),
      (error: unknown) => ({
        insights: this.#insights,
        message: error instanceof Error ? error.message : String(error),
      }),
    )
    if (this.#isDisposed) return
    this.#insights = insights
    this.#view.message = message
    this.#changed.fire()
  }

  getChildren(parent?: InsightOut): InsightOut[] {
    return parent ? [] : this.#insights
  }

  getTreeItem({ insight_id, severity, category, title, message, created_at }: InsightOut): TreeItem {
    const item = new TreeItem(title)
    item.id = insight_id
    item.description = message
    item.tooltip = [`${severity}, ${category}`, message, created_at].join('\n')
    // Core may come to know more severities.
    item.iconPath = ICONS[severity] ?? new ThemeIcon('question')
    return item
  }

  dispose(): void {
    this.#isDisposed = true
    clearInterval(this.#timer)
    this.#view.dispose()
    this.#changed.dispose()
  }
}
