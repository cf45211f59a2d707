import { INPUTS, type Inputs } from './capacity/inputs.js';
import { capacityRows } from './capacity/model.js';
import { benchOptions } from './options.js';
import { table } from './report.js';

type Name = keyof Inputs;
const names = Object.keys(INPUTS) as Name[];

const options = benchOptions('what a number of links a year needs, computed from measured costs', {
  links: ['10000000,1000000000', 'links a year'],
  ...(Object.fromEntries(
    names.map((name) => [name, [String(INPUTS[name][0]), `${INPUTS[name][1]}: ${INPUTS[name][2]}`]]),
  ) as Record<Name, [string, string]>),
});
const given = Object.fromEntries(names.map((name) => [name, Number(options[name])])) as Inputs;
const years = options.links.split(',').map(Number);

table(
  ['given', 'value', 'meaning', 'source'],
  names.map((name) => [name, String(given[name]), INPUTS[name][1], INPUTS[name][2]]),
);
console.log();
table(['links a year', ...years.map((links) => links.toLocaleString('en-US'))], capacityRows(years, given));
