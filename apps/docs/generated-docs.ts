import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { FINDINGS, STRICT_ISSUES } from '#in-toto/index.js';
import { SERVICE_FINDINGS } from '#persistence/verdicts/service-findings.js';
import { loadConfig } from '#platform/config.js';
import { createLogger } from '#platform/logger.js';
import { describeApi } from '#platform/openapi.js';
import { problems } from '#platform/problems.js';
import { AllInOneModule } from '../all-in-one/all-in-one.module.js';

/** Path → content of every document that is generated from the code. */
export async function generatedDocs(): Promise<Record<string, string>> {
  return {
    'docs/openapi.json': `${JSON.stringify(await openApi(), null, 2)}\n`,
    'docs/errors.md': errors(),
  };
}

/** Preview mode: the routes are read, nothing is started. */
async function openApi(): Promise<object> {
  const config = loadConfig({ CUSTODY_LOG_LEVEL: 'silent' });
  const module = AllInOneModule.forRoot(config, createLogger(config, 'docs'));
  const app = await NestFactory.create(module, new FastifyAdapter(), { preview: true, logger: false });
  return describeApi(app);
}

function errors(): string {
  const refusals = Object.entries(problems).map(
    ([code, [status, title, remedy]]) => `| \`${code}\` | ${status} | ${title} | ${remedy} |`,
  );
  const findings = Object.entries({ ...FINDINGS, ...SERVICE_FINDINGS }).map(
    ([code, meaning]) => `| \`${code}\` | ${meaning} |`,
  );
  const issues = Object.entries(STRICT_ISSUES).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return `# Codes

Generated from the code by \`npm run docs\`; a test keeps it equal. Codes are the contract: texts may be reworded, a code
never changes its meaning.

## Refusals

Every refusal is \`application/problem+json\` (RFC 9457) with these members: \`type\` (\`urn:custody:error:CODE\`), \`title\`,
\`status\`, \`code\`, \`detail\`, \`remedy\`, \`instance\` (the id under which the log knows the request) and, where several
things are wrong, \`errors[]\` with \`path\`, \`code\` and \`message\`. Nothing of a refused upload is kept.

| code | status | what it means | what to do |
|---|---|---|---|
${refusals.join('\n')}

## What uploads are screened for

In \`errors[]\` of \`LINK_REFUSED\`, \`LAYOUT_REFUSED\` and \`KEY_REFUSED\`, and in \`warnings[]\` of an accepted layout.
All of it is legal in-toto; none of it changes what verification finds.

| code | meaning |
|---|---|
${issues.join('\n')}

## Findings of a verification

In \`findings[]\` of a verdict. \`severity\` is \`error\` (why it is no pass), \`warning\` or \`info\`.

| code | meaning |
|---|---|
${findings.join('\n')}
`;
}
