/*
 * Checks a value against a type of the official client, as its declarations
 * have it: required members, what may be null, and the words of enumerations.
 *
 *     types.check('AccountsGetResponse', body) -> ['accounts[0].type: ...']
 */

'use strict';

const path = require('path');
const ts = require('typescript');

const file = require.resolve('plaid/dist/api.d.ts');

const program = ts.createProgram([file], {strict: true, skipLibCheck: true});
const checker = program.getTypeChecker();
const exported = new Map(checker.getExportsOfModule(
    checker.getSymbolAtLocation(program.getSourceFile(file))).map(
        function (symbol) {
            return [symbol.getName(), symbol];
        }));


function kind(value) {
    return value === null ? 'null' : Array.isArray(value) ? 'array'
                                                          : typeof value;
}


function members(type, value, where) {
    const problems = [];

    type.getProperties().forEach(function (property) {
        const name = property.getName();
        const optional = property.flags & ts.SymbolFlags.Optional;

        if (!(name in value)) {
            if (!optional) {
                problems.push(where + name + ': is missing');
            }

            return;
        }

        problems.push.apply(problems, against(
            checker.getTypeOfSymbol(property), value[name], where + name));
    });

    return problems;
}


/* the problems of a value that is to be of a type */

function against(type, value, where) {
    const F = ts.TypeFlags;
    let all;

    if (type.isUnion()) {
        all = type.types.map(function (one) {
            return against(one, value, where);
        });

        return all.some(function (problems) {
            return !problems.length;
        }) ? [] : all.sort(function (a, b) {
            return b.length - a.length;
        })[0];
    }

    if (type.flags & (F.Any | F.Unknown | F.NonPrimitive)) {
        return [];
    }

    if (type.flags & F.Null) {
        return value === null ? [] : [where + ': is ' + kind(value)];
    }

    if (type.flags & (F.StringLiteral | F.NumberLiteral)) {
        return value === type.value
               ? [] : [where + ': is ' + JSON.stringify(value)];
    }

    if (type.flags & (F.StringLike | F.NumberLike | F.BooleanLike)) {
        const want = type.flags & F.StringLike ? 'string'
                     : type.flags & F.NumberLike ? 'number' : 'boolean';

        return typeof value === want
               ? [] : [where + ': is ' + kind(value) + ', no ' + want];
    }

    if (type.flags & F.Undefined) {
        return [where + ': is ' + kind(value)];
    }

    if (checker.isArrayType(type)) {
        return Array.isArray(value)
               ? value.flatMap(function (item, i) {
                   return against(checker.getTypeArguments(type)[0], item,
                                  where + '[' + i + ']');
               })
               : [where + ': is ' + kind(value) + ', no array'];
    }

    return kind(value) === 'object'
           ? members(type, value, where ? where + '.' : '')
           : [where + ': is ' + kind(value) + ', no object'];
}


function check(name, value) {
    const symbol = exported.get(name);

    if (!symbol) {
        throw new Error(path.basename(file) + ' has no ' + name);
    }

    return against(checker.getDeclaredTypeOfSymbol(symbol), value, '');
}


module.exports = {check};
