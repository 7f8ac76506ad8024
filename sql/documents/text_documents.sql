-- Each function below that takes jsonb takes text, too. PostgreSQL reads a literal as text where it can, and so such a
-- call gets DS400 for what is no JSON, like any other mistake in a document; read as jsonb it would end before any
-- function of ours is called. They are made here, from the functions that they call, and differ in nothing else.
do $make$
declare
  made record;
begin
  for made in
    select target.proname as name,
           regexp_replace(pg_get_function_arguments(target.oid), '\mjsonb\M', 'text', 'g') as arguments,
           regexp_replace(pg_get_function_identity_arguments(target.oid), '\mjsonb\M', 'text', 'g') as signature,
           format_type(target.prorettype, null) as answer,
           (select string_agg(format(case when argument.type = 'jsonb'::regtype then '%1$I => datastore.read_document(%2$I.%1$I)' else '%1$I => %2$I.%1$I' end,
                                     argument.name, target.proname), ', ' order by argument.place)
            from unnest(target.proargnames, target.proargtypes::oid[]) with ordinality as argument(name, type, place)) as handed_on
    from pg_proc as target
    where target.pronamespace = 'datastore'::regnamespace
      and target.proname in ('create_picture_set', 'open_picture_set', 'announce_pictures', 'confirm_pictures', 'update_picture',
                             'import_inference', 'import_inferences', 'record_feedback', 'import_pipelines')
      and 'jsonb'::regtype = any (target.proargtypes)
    order by target.proname
  loop
    execute format('create or replace function datastore.%I(%s) returns %s language sql volatile return datastore.%I(%s)',
                   made.name, made.arguments, made.answer, made.name, made.handed_on);
    execute format('comment on function datastore.%I(%s) is %L', made.name, made.signature,
                   'The same for documents that are text. Errors: also DS400 for a text that is no JSON.');
  end loop;
end
$make$;
