/** Code, in which nothing is a link, or the end of an inline link with its target. */
const CODE_OR_LINK = /^ *```.*?^ *```$|`[^`\n]*`|\]\(([^)\s]+)([^)]*)\)/gms

const FENCED_CODE = /^ *```.*?^ *```$/gms

/** The targets of the inline links outside of code. */
export const findLinks = (markdown: string): string[] =>
  [...markdown.matchAll(CODE_OR_LINK)].flatMap(([, target]) => target ?? [])

/** Replaces the target of each inline link outside of code. */
export const replaceLinks = (markdown: string, replace: (target: string) => string): string =>
  markdown.replace(CODE_OR_LINK, (all, target?: string, title = '') =>
    target === undefined ? all : `](${replace(target)}${title})`,
  )

/** Whether a link leads to another file or heading of the same folder tree. */
export const isRelative = (target: string): boolean => !/^\w+:/.test(target)

/** The anchors that GitHub gives the headings of a document. */
export function getAnchors(markdown: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of markdown.replace(FENCED_CODE, '').matchAll(/^#{1,6} +(.+)$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    const slug = words
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-')
    let anchor = slug
    for (let repeated = 1; anchors.has(anchor); repeated++) anchor = `${slug}-${repeated}`
    anchors.add(anchor)
  }
  return anchors
}
