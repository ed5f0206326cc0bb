/*
 * The panes that ask who the user is: one for each "type" of a step "mfa".
 * Added to LinkPanes by that name.
 */

(function () {
    'use strict';

    const view = window.LinkView;
    const el = view.el;

    const PHONE = 'M8 3h8v18H8zM11 18h2';
    const MAIL = 'M4 6h16v12H4zM4 7l8 6 8-6';
    const CARD = 'M3 6h18v12H3zM3 10h18';


    /*
     * Questions, or a code: a field for each of options.labels.  One answer is
     * submitted as a string, several as an array.
     */

    function answer(options) {
        const inputs = options.labels.map(function (label, i) {
            const field = view.field(label, Object.assign(
                {name: 'mfa', 'data-first': i === 0}, options.attributes));

            return field.input;
        });

        return view.show({
            name: 'mfa',
            title: options.title,
            lead: options.lead,
            content: inputs.map(function (input) {
                return input.parentNode;
            }).concat(view.button('Submit')),
            close: options.close,
            hint: options.hint,

            submit: function (pane) {
                const values = inputs.map(function (input) {
                    return input.value.trim();
                });
                const empty = inputs.filter(function (input, i) {
                    return !values[i];
                });

                if (empty.length) {
                    view.fail(pane, 'Please give an answer.', empty);
                    return;
                }

                pane.retry = function (text) {
                    inputs.forEach(function (input) {
                        input.value = '';
                    });

                    view.fail(pane, text, inputs);
                };

                options.submit(pane, values.length > 1 ? values : values[0]);
            }
        });
    }


    function questions(options) {
        return answer({
            title: options.mfa.length > 1 ? 'Security questions'
                                          : 'Security question',
            lead: 'Your bank asks this to make sure that it is you.',
            labels: options.mfa.map(function (item) {
                return item.question;
            }),
            close: options.close,
            submit: options.submit,
            hint: options.legacy
                  ? view.hint('answer ', 'tomato', ', or ', 'again',
                              ' for one more.')
                  : view.hint('the answer to ', 'question_0_1', ' is ',
                              'answer_0_1', ', and so on.')
        });
    }


    function code(options) {
        return answer({
            title: 'Enter your code',
            lead: options.mfa.message || String(options.mfa),
            labels: ['Code'],
            attributes: {inputmode: 'numeric', autocomplete: 'one-time-code'},
            close: options.close,
            submit: options.submit,
            hint: view.hint('the code is ', '1234', '.')
        });
    }


    function selections(options) {
        const groups = options.mfa.map(function (item, i) {
            const group = el('fieldset', {class: 'group'},
                             el('legend', {class: 'label'}, item.question));

            item.answers.forEach(function (text) {
                group.append(view.choice('radio', 'q' + i, text, text));
            });

            return group;
        });

        return view.show({
            name: 'selections',
            title: 'Security questions',
            lead: 'Choose one answer to each.',
            content: groups.concat(view.button('Submit')),
            close: options.close,
            hint: options.legacy
                  ? view.hint('the answers are ', 'tomato', ' and ',
                              'ketchup', '.')
                  : view.hint('the answer is ', 'Yes', ' each time.'),

            submit: function (pane) {
                const values = groups.map(function (group) {
                    const on = group.querySelector('input:checked');

                    return on ? on.value : null;
                });

                if (values.indexOf(null) >= 0) {
                    view.fail(pane,
                              'Please choose one answer to each question.',
                              [groups[values.indexOf(null)]
                               .querySelector('input')]);
                    return;
                }

                pane.retry = function (text) {
                    view.fail(pane, text, [groups[0].querySelector('input')]);
                };

                options.submit(pane, values);
            }
        });
    }


    /* options.submit(pane, method) with method as the API's send_method */

    function devices(options) {
        const art = {phone: PHONE, email: MAIL, card: CARD};
        const rows = el('div', {class: 'rows', role: 'group',
                                'aria-labelledby': 'title'});

        options.mfa.forEach(function (device) {
            rows.append(el('button', {
                type: 'button',
                class: 'row',
                click: function () {
                    const pane = view.pane;

                    if (pane.busy) {
                        return;
                    }

                    pane.retry = function (text) {
                        view.fail(pane, text);
                    };

                    options.submit(pane, {mask: device.mask});
                }
            }, view.icon('device', art[device.type] || PHONE),
               el('span', {class: 'row-text'},
                  el('span', {}, device.mask),
                  el('span', {class: 'quiet'},
                     {phone: 'Text message or call', email: 'E-mail',
                      card: 'Card'}[device.type] || device.type))));
        });

        return view.show({
            name: 'devices',
            title: 'Where should the code go?',
            lead: 'Your bank sends you a code to make sure that it is you.',
            content: [rows],
            close: options.close,
            hint: view.hint('nothing is sent.')
        });
    }


    Object.assign(window.LinkPanes, {
        questions: questions,
        selections: selections,
        list: devices,
        device: code
    });
}());
