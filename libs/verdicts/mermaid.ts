import type { BuildExplanation, Explanation } from '#persistence/verdicts/explanation.js';
import type { Answer } from './answer.js';

/** What is too long to be drawn is too long to be looked at. As ASCII, each is a byte. */
const BUILDS_CHARACTERS = 160 * 1024;

/** The graph of a verdict as Mermaid text: a box a link, an arrow a MATCH rule, dashed where it does not hold. */
export function mermaid(explained: Explanation & Pick<Answer, 'digest' | 'verdict'>): string {
  const lines = [
    'flowchart RL',
    `  subject(["${text(explained.digest.slice(0, 19))}… ${explained.verdict}"])`,
  ];
  let room = BUILDS_CHARACTERS;
  for (const [position, build] of explained.builds.entries()) {
    const drawn = buildLines(build, `b${position}`, explained.steps);
    room -= drawn.join('\n').length;
    if (room < 0) {
      lines.push(`  more["${explained.builds.length - position} more builds: ask for JSON"]`);
      break;
    }
    lines.push(...drawn);
  }
  for (const [position, { digest, outcome }] of explained.manifests.entries()) {
    lines.push(`  m${position}(["manifest ${digest.slice(0, 19)}… ${outcome}"]) --> subject`);
  }
  return `${lines.join('\n')}\n`;
}

function buildLines(build: BuildExplanation, id: string, steps: readonly string[]): string[] {
  const node = (step: string) => `${id}s${steps.indexOf(step)}`;
  const title = build.run === null ? 'links without a run' : `run ${build.run}`;
  const present = steps.filter((step) => build.chosen.some((link) => link.step === step));
  const absent = steps.filter((step) => !present.includes(step));
  return [
    `  subgraph ${id} ["${text(title)}: ${build.outcome}"]`,
    ...present.map((step) => {
      const links = build.chosen.filter((link) => link.step === step);
      const names = links.map((link) => link.id.slice(0, 8)).join(', ');
      return `    ${node(step)}["${text(step)}<br/>link ${names}"]`;
    }),
    ...absent.map((step) => `    ${node(step)}["${text(step)}<br/>no link"]:::absent`),
    ...build.rejected.map(
      (link, at) =>
        `    ${id}r${at}["${text(link.step)}<br/>link ${link.id.slice(0, 8)}<br/>${link.reason}"]:::rejected`,
    ),
    '  end',
    ...build.ties.map(({ from, to, compared, equal, rule }) => {
      const arrow = equal === compared ? '-->' : '-.->';
      return `  ${node(from.step)} ${arrow}|"${text(rule)}: ${equal} of ${compared}"| ${node(to.step)}`;
    }),
    ...build.missingTies.map(
      ({ from, to, rule }) => `  ${node(from)} -.->|"${text(rule)}: no link"| ${node(to)}`,
    ),
    ...build.anchors.map(({ step, path, form }) => `  ${node(step)} ==>|"${text(path)} (${form})"| subject`),
    '  classDef absent stroke-dasharray: 4 4',
    '  classDef rejected color:#888,stroke:#888',
  ];
}

/** Tenants choose these texts: nothing of them may end the quotes or become markup. */
function text(value: string): string {
  const clipped = value.length > 80 ? `${value.slice(0, 79)}…` : value;
  return clipped.replace(/[^\p{L}\p{N} ./:*_@…-]/gu, (character) => `#${character.codePointAt(0)};`);
}
