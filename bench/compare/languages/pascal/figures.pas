{ Times taken one by one, and figures of them: percentiles by nearest rank, least, mean, greatest. }
unit Figures;

{$MODE OBJFPC}{$H+}

interface

type
  TSamples = object
  private
    FValues: array of Int64;
  public
    Count: SizeInt;
    constructor Create(Most: SizeInt);
    procedure Take(Value: Int64);
    function IsFull: Boolean;
    { The words of a result line, each sample divided by Parts; the first Warm do not count if
      there are more. }
    function Words(Warm: SizeInt; Parts: Double): string;
  end;

implementation

uses
  SysUtils;

constructor TSamples.Create(Most: SizeInt);
begin
  SetLength(FValues, Most + 1);
  { So that no page is mapped within what is measured. }
  FillChar(FValues[0], Length(FValues) * SizeOf(Int64), 1);
  Count := 0;
end;

procedure TSamples.Take(Value: Int64);
begin
  if IsFull then
    Exit;
  FValues[Count] := Value;
  Inc(Count);
end;

function TSamples.IsFull: Boolean;
begin
  Result := Count = High(FValues);
end;

procedure Sort(Values: PInt64; First, Last: SizeInt);
var
  Low, High: SizeInt;
  Middle, Value: Int64;
begin
  while First < Last do
  begin
    Low := First;
    High := Last;
    Middle := Values[First + (Last - First) div 2];
    repeat
      while Values[Low] < Middle do Inc(Low);
      while Values[High] > Middle do Dec(High);
      if Low > High then
        Break;
      Value := Values[Low];
      Values[Low] := Values[High];
      Values[High] := Value;
      Inc(Low);
      Dec(High);
    until Low > High;
    { The smaller part by a call, so that the depth stays small. }
    if High - First < Last - Low then
    begin
      Sort(Values, First, High);
      First := Low;
    end
    else
    begin
      Sort(Values, Low, Last);
      Last := High;
    end;
  end;
end;

function TSamples.Words(Warm: SizeInt; Parts: Double): string;
var
  First: PInt64;
  Left, Index: SizeInt;
  Total: Double;

  function PerMille(Share: SizeInt): Double;
  begin
    Result := First[(Left * Share + 999) div 1000 - 1] / Parts;
  end;

begin
  if Count <= Warm then
    Warm := 0;
  First := @FValues[Warm];
  Left := Count - Warm;
  if Left = 0 then
    Exit('count=0');
  Sort(First, 0, Left - 1);
  Total := 0;
  for Index := 0 to Left - 1 do
    Total := Total + First[Index];
  Result := Format('p50=%.1f p99=%.1f p999=%.1f min=%.1f mean=%.1f max=%.1f count=%d',
    [PerMille(500), PerMille(990), PerMille(999), First[0] / Parts, Total / Left / Parts,
    First[Left - 1] / Parts, Left]);
end;

end.
