create or replace function datastore.refuse(code text, message text, errors jsonb default null) returns void
language plpgsql volatile parallel restricted as $$
begin
  if errors is null then
    raise exception using errcode = code, message = message;
  end if;
  raise exception using errcode = code, message = message, detail = errors::text;
end
$$;
comment on function datastore.refuse(text, text, jsonb) is
  'Raises DS400 (invalid document; DETAIL is a JSON array of {instance_path, keyword, message}), DS403 (not '
  'allowed), DS404 (not found) or DS409 (conflict).';

create or replace function datastore.error_row(instance_path text, keyword text, message text) returns jsonb
language sql immutable parallel safe
return jsonb_build_object('instance_path', instance_path, 'keyword', keyword, 'message', message);
comment on function datastore.error_row(text, text, text) is
  'One error, as datastore.refuse() takes an array of them: where (a JSON Pointer), which keyword or rule, in words.';

create or replace function datastore.json_pointer(path text[]) returns text
language sql immutable parallel safe
return (
  select coalesce(string_agg('/' || replace(replace(step, '~', '~0'), '/', '~1'), '' order by position), '')
  from unnest(path) with ordinality as steps(step, position)
);
comment on function datastore.json_pointer(text[]) is 'A path as a JSON Pointer (RFC 6901).';

create or replace function datastore.spelling_message(wrong text, "right" text) returns text
language sql immutable parallel safe
return format('expected the key %s, found it spelled %s', to_json("right"), to_json(wrong));
comment on function datastore.spelling_message(text, text) is 'What to say of a known key in camelCase.';
